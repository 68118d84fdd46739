"""`/v1/study-centre/payment-account` and `/v1/payment-account-changes`."""

from uuid import UUID

from fastapi import APIRouter
from schwifty import IBAN

from app.api.conventions import NoBody, Read, Replace, Write
from app.api.operations import Operation
from app.api.organisations.bank_accounts import BankAccountIn, RejectionIn
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Several
from app.db.paging import Slice
from app.domain.organisations.bank_accounts import ChangeState
from app.domain.organisations.payment_accounts import PaymentAccount, PaymentAccountChange
from app.services.organisations import payment_accounts

account_router = APIRouter(prefix="/study-centre/payment-account", route_class=Operation, tags=["Study centre"])
changes_router = APIRouter(prefix="/payment-account-changes", route_class=Operation, tags=["Study centre"])


@account_router.put("", responses=refusing("already-exists"))
@operation(people_only=True, strong_sign_in=True)
async def propose_study_centre_payment_account(writer: Replace, body: BankAccountIn) -> PaymentAccount:
    """Propose a payment account.

    Proposes the account from which the study centre pays. The change waits in `open_change` for the approval of
    another staff member. Proposing the account in use changes nothing.

    **Who:** staff.
    """
    bic = IBAN(body.iban).bic
    return await payment_accounts.propose_account(
        writer, iban=body.iban, bic=bic and str(bic), holder=body.holder, expected=writer.expected
    )


@account_router.get("", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def get_study_centre_payment_account(reader: Read) -> PaymentAccount:
    """Get the payment account.

    Returns the account in use, and the change that waits.

    **Who:** staff, auditors.
    """
    return await payment_accounts.get_account(reader)


@changes_router.get("", response_model=Page[PaymentAccountChange], responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def list_payment_account_changes(
    reader: Read, page: Paging, state: Several[ChangeState] = None
) -> Slice[PaymentAccountChange]:
    """List payment account changes.

    The newest come first.

    **Who:** staff, auditors.
    """
    return await payment_accounts.list_changes(reader, page, state=state)


@changes_router.get("/{change_id}", responses=refusing("forbidden"))
@operation(people_only=True, personal_data=True)
async def get_payment_account_change(reader: Read, change_id: UUID) -> PaymentAccountChange:
    """Get a payment account change.

    Includes the decision, if one has been made.

    **Who:** staff, auditors.
    """
    return await payment_accounts.get_change(reader, change_id)


@changes_router.post("/{change_id}/approval", responses=refusing("wrong-state"))
@operation(people_only=True, strong_sign_in=True)
async def approve_payment_account_change(writer: Write, change_id: UUID, _: NoBody = None) -> PaymentAccountChange:
    """Approve a payment account change.

    Requires strong authentication in the last five minutes. Payments from the account start five days later.

    **Who:** staff; not the person who proposed the change.
    """
    return await payment_accounts.approve_change(writer, change_id)


@changes_router.post("/{change_id}/rejection", responses=refusing("wrong-state"))
@operation(people_only=True)
async def reject_payment_account_change(writer: Write, change_id: UUID, body: RejectionIn) -> PaymentAccountChange:
    """Reject a payment account change.

    **Who:** staff; not the person who proposed the change.
    """
    return await payment_accounts.reject_change(writer, change_id, reason=body.reason)


@changes_router.post("/{change_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_payment_account_change(writer: Write, change_id: UUID, _: NoBody = None) -> PaymentAccountChange:
    """Withdraw a payment account change.

    No decision may have been made yet.

    **Who:** the person who proposed the change, while on the staff.
    """
    return await payment_accounts.withdraw_change(writer, change_id)
