"""The study centre's own account: propose, approve, reject and withdraw a change, get and list."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import payment_accounts as questions
from app.db.organisations.payment_accounts import changes, payment_account_changes
from app.db.paging import PageRequest, Slice
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_value
from app.domain.access import check_person, check_staff, check_staff_or_auditor, check_strong
from app.domain.organisations import bank_accounts as shared_rules
from app.domain.organisations import payment_accounts as rules
from app.domain.organisations.bank_accounts import ChangeState
from app.domain.organisations.payment_accounts import PaymentAccount, PaymentAccountChange
from app.domain.versions import Versions, check_version


async def propose_account(
    writer: Writer, *, iban: str, bic: str | None, holder: str, expected: Versions
) -> PaymentAccount:
    check_person(writer.actor)
    check_staff(writer.actor)
    check_strong(writer.actor)
    # The second of two simultaneous requests sees what the first has done.
    await lock_study_centre(writer.connection)
    account = await _account(writer)
    check_version(account, expected, is_put=account.iban is not None or account.open_change is not None)
    if shared_rules.names_account(account.open_change or account, iban, holder):
        return account
    shared_rules.check_none_open(account.open_change)
    change = PaymentAccountChange(
        id=new_id(), **shared_rules.as_proposed(writer.actor, writer.now, iban=iban, bic=bic, holder=holder)
    )
    await insert_value(writer.connection, payment_account_changes, change)
    _record(writer, "proposed", change)
    return replace(account, open_change=change)


async def approve_change(writer: Writer, change_id: UUID) -> PaymentAccountChange:
    change = await _lock(writer, change_id)
    rules.check_may_approve(writer.actor, change, datetime.now(UTC))
    shared_rules.check_open(change.state)
    return await _change(writer, change, **shared_rules.as_approved(writer.actor, writer.now))


async def reject_change(writer: Writer, change_id: UUID, *, reason: str) -> PaymentAccountChange:
    change = await _lock(writer, change_id)
    rules.check_may_reject(writer.actor, change)
    shared_rules.check_open(change.state)
    return await _change(writer, change, **shared_rules.as_rejected(writer.actor, writer.now, reason))


async def withdraw_change(writer: Writer, change_id: UUID) -> PaymentAccountChange:
    change = await _lock(writer, change_id)
    check_staff(writer.actor)
    shared_rules.check_may_withdraw(writer.actor, change)
    shared_rules.check_open(change.state)
    return await _change(writer, change, **shared_rules.as_withdrawn(writer.now))


async def get_account(reader: Reader) -> PaymentAccount:
    check_staff_or_auditor(reader.actor)
    return await _account(reader)


async def get_change(reader: Reader, change_id: UUID) -> PaymentAccountChange:
    check_staff_or_auditor(reader.actor)
    return await changes.get(reader, change_id)


async def list_changes(
    reader: Reader, page: PageRequest, *, state: Sequence[ChangeState] | None
) -> Slice[PaymentAccountChange]:
    check_staff_or_auditor(reader.actor)
    return await changes.page(reader, page, state=state)


async def _account(reader: Reader) -> PaymentAccount:
    return rules.account_of(await questions.find_in_force(reader), await questions.find_open(reader), reader.now)


async def _lock(writer: Writer, change_id: UUID) -> PaymentAccountChange:
    check_person(writer.actor)
    check_staff_or_auditor(writer.actor)
    await lock_study_centre(writer.connection)
    return await changes.get(writer, change_id)


async def _change(writer: Writer, change: PaymentAccountChange, **columns: Any) -> PaymentAccountChange:
    changed = await change_value(writer.connection, payment_account_changes, change, **columns)
    _record(writer, changed.state, changed)
    return changed


def _record(writer: Writer, verb: str, change: PaymentAccountChange) -> None:
    """Record nothing of the account itself: those who may see it can get it."""
    writer.record(
        f"payment-account-change.{verb}",
        change.id,
        reason=change.reason,
        person_id=str(change.proposed_by),
        payments_held_until=change.payments_held_until,
    )
