"""`/v1/organisations/{id}/bank-account` and `/v1/bank-account-changes`."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError
from schwifty import IBAN
from schwifty.exceptions import InvalidBBANChecksum, InvalidChecksumDigits, SchwiftyException

from app.api.conventions import NoBody, Read, Replace, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Body, InSchema, Line, Several, Text
from app.db.paging import Slice
from app.domain.organisations.bank_accounts import SEPA_COUNTRIES, BankAccount, BankAccountChange, ChangeState
from app.services.organisations import bank_accounts

TAGS = [Tag("Bank accounts", "Accounts for payments. Another person approves a change, and payments wait five days.")]
accounts_router = APIRouter(prefix="/organisations/{organisation_id}/bank-account", route_class=Operation, tags=[*TAGS])
changes_router = APIRouter(prefix="/bank-account-changes", route_class=Operation, tags=[*TAGS])


_GROUPS = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " "))
"""The spaces that programs write between the groups of an account number."""


def _iban(text: str) -> str:
    """Without the spaces of its groups. Payments are in euros, so the country is one of SEPA."""
    text = text.translate(_GROUPS)
    if not re.fullmatch(r"[A-Za-z]{2}\d{2}( ?[A-Za-z0-9]){11,30}", text, re.ASCII):
        raise PydanticCustomError("iban-format", "Not of the form of an IBAN")
    try:
        # Of other countries' own check digits the library knows some, and warns where it knows none.
        iban = IBAN(text, validate_bban=text[:2].upper() == "FI")
    except (InvalidChecksumDigits, InvalidBBANChecksum):
        raise PydanticCustomError("iban-checksum", "The check digits do not match") from None
    except SchwiftyException:
        raise PydanticCustomError("iban-format", "Not of the form of an IBAN of its country") from None
    if iban.country_code not in SEPA_COUNTRIES:
        if iban.in_sepa_zone:
            # The library knows letters of territories that begin no IBAN, such as Åland's AX.
            raise PydanticCustomError("iban-format", "No IBAN begins with these letters")
        raise PydanticCustomError("iban-country", "Not of the Single Euro Payments Area")
    return str(iban.compact)


Iban = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=50),
    AfterValidator(_iban),
    InSchema(pattern="^[A-Za-z]{2}[0-9]{2}([ \u00a0\u2007\u2009\u202f]?[A-Za-z0-9]){11,30}$"),
]


class BankAccountIn(Body):
    iban: Iban
    """IBAN with or without spaces. Its check digits are checked, and the bank's BIC is found by it."""
    holder: Line
    """Name of the account holder."""


class RejectionIn(Body):
    reason: Text
    """Reason for the rejection."""


@accounts_router.put("", responses=refusing("already-exists"))
@operation(people_only=True, strong_sign_in=True)
async def propose_bank_account(writer: Replace, organisation_id: UUID, body: BankAccountIn) -> BankAccount:
    """Propose a bank account.

    Proposes the account for payments. The change waits in `open_change` for another person's approval. Proposing the
    account in use changes nothing.

    **Who:** main users within their tree, unit managers for their unit and below, staff.
    """
    bic = IBAN(body.iban).bic
    return await bank_accounts.propose_account(
        writer,
        organisation_id,
        iban=body.iban,
        bic=bic and str(bic),
        holder=body.holder,
        expected=writer.expected,
    )


@accounts_router.get("")
@operation(scope="organisations:read", personal_data=True)
async def get_bank_account(reader: Read, organisation_id: UUID) -> BankAccount:
    """Get the bank account.

    Returns the account in use, which is the organisation's own or its central organisation's, and the change that
    waits.

    **Who:** everyone with a role, within their reach.
    """
    return await bank_accounts.get_account(reader, organisation_id)


@changes_router.get("", response_model=Page[BankAccountChange])
@operation(scope="organisations:read", personal_data=True)
async def list_bank_account_changes(
    reader: Read,
    page: Paging,
    organisation_id: Several[UUID] = None,
    under: Several[UUID] = None,
    state: Several[ChangeState] = None,
) -> Slice[BankAccountChange]:
    """List bank account changes.

    The newest come first.

    **Who:** everyone with a role, within their reach.
    """
    return await bank_accounts.list_changes(reader, page, organisation_id=organisation_id, under=under, state=state)


@changes_router.get("/{change_id}")
@operation(scope="organisations:read", personal_data=True)
async def get_bank_account_change(reader: Read, change_id: UUID) -> BankAccountChange:
    """Get a bank account change.

    Includes the decision, if one has been made.

    **Who:** everyone with a role, within their reach.
    """
    return await bank_accounts.get_change(reader, change_id)


@changes_router.post("/{change_id}/approval", responses=refusing("wrong-state"))
@operation(people_only=True, strong_sign_in=True)
async def approve_bank_account_change(writer: Write, change_id: UUID, _: NoBody = None) -> BankAccountChange:
    """Approve a bank account change.

    Payments to the account start five days later.

    **Who:** main users within their tree, staff; not the person who proposed the change.
    """
    return await bank_accounts.approve_change(writer, change_id)


@changes_router.post("/{change_id}/rejection", responses=refusing("wrong-state"))
@operation(people_only=True)
async def reject_bank_account_change(writer: Write, change_id: UUID, body: RejectionIn) -> BankAccountChange:
    """Reject a bank account change.

    **Who:** main users within their tree, staff; not the person who proposed the change.
    """
    return await bank_accounts.reject_change(writer, change_id, reason=body.reason)


@changes_router.post("/{change_id}/withdrawal", responses=refusing("wrong-state"))
@operation(people_only=True)
async def withdraw_bank_account_change(writer: Write, change_id: UUID, _: NoBody = None) -> BankAccountChange:
    """Withdraw a bank account change.

    No decision may have been made yet.

    **Who:** the person who proposed the change.
    """
    return await bank_accounts.withdraw_change(writer, change_id)
