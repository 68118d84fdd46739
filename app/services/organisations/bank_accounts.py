"""Bank accounts: propose, approve, reject and withdraw a change, get and list."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import bank_accounts as questions
from app.db.organisations import profiles
from app.db.organisations.bank_accounts import bank_account_changes, changes
from app.db.organisations.organisations import find_place
from app.db.paging import OrganisationFilters, PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_value
from app.domain.access import Place, check_person, check_reach, check_strong
from app.domain.organisations import bank_accounts as rules
from app.domain.organisations.bank_accounts import BankAccount, BankAccountChange
from app.domain.organisations.organisations import check_may_keep
from app.domain.versions import Versions, check_version


class ChangeFilters(OrganisationFilters, total=False):
    state: Sequence[str] | None


async def propose_account(
    writer: Writer, organisation_id: UUID, *, iban: str, bic: str | None, holder: str, expected: Versions
) -> BankAccount:
    check_person(writer.actor)
    check_strong(writer.actor)
    organisation, place = await profiles.get(writer, organisation_id, locked=True)
    check_may_keep(writer.actor, place)
    account = await _account(writer, place)
    is_put = account.iban is not None or account.open_change is not None
    check_version(rules.account_as_seen(account, writer.actor, place), expected, is_put=is_put)
    is_own = account.owner_id == organisation_id
    if rules.names_account(account.open_change or (account if is_own else None), iban, holder):
        return rules.account_as_seen(account, writer.actor, place)
    rules.check_none_open(account.open_change)
    change = BankAccountChange(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=organisation.name,
        **rules.as_proposed(writer.actor, writer.now, iban=iban, bic=bic, holder=holder),
    )
    await insert_value(writer.connection, bank_account_changes, change)
    _record(writer, "proposed", change, is_first=not is_own)
    return rules.account_as_seen(replace(account, open_change=change), writer.actor, place)


async def approve_change(writer: Writer, change_id: UUID) -> BankAccountChange:
    check_person(writer.actor)
    check_strong(writer.actor)
    change, place = await _lock_to_decide(writer, change_id)
    return await _change(writer, change, place, **rules.as_approved(writer.actor, writer.now))


async def reject_change(writer: Writer, change_id: UUID, *, reason: str) -> BankAccountChange:
    check_person(writer.actor)
    change, place = await _lock_to_decide(writer, change_id)
    return await _change(writer, change, place, **rules.as_rejected(writer.actor, writer.now, reason))


async def withdraw_change(writer: Writer, change_id: UUID) -> BankAccountChange:
    check_person(writer.actor)
    change, place = await _lock_in_reach(writer, change_id)
    rules.check_may_withdraw(writer.actor, change)
    rules.check_open(change.state)
    return await _change(writer, change, place, **rules.as_withdrawn(writer.now))


async def get_account(reader: Reader, organisation_id: UUID) -> BankAccount:
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    return rules.account_as_seen(await _account(reader, place), reader.actor, place)


async def get_change(reader: Reader, change_id: UUID) -> BankAccountChange:
    change, place = await changes.get(reader, change_id)
    return rules.change_as_seen(change, reader.actor, place)


async def list_changes(reader: Reader, page: PageRequest, **filters: Unpack[ChangeFilters]) -> Slice[BankAccountChange]:
    found = await changes.page(reader, page, **filters)
    items = [rules.change_as_seen(change, reader.actor, place) for change, place in found.items]
    return Slice(items, found.next_key, found.total)


async def _account(reader: Reader, place: Place) -> BankAccount:
    in_force = await questions.find_in_force(reader, place)
    waiting = await questions.find_open(reader, place.organisation_id)
    return rules.account_of(place.organisation_id, in_force, waiting, reader.now)


async def _lock_in_reach(writer: Writer, change_id: UUID) -> tuple[BankAccountChange, Place]:
    change, _ = await changes.get(writer, change_id)
    # Proposals and decisions lock the organisation, so that the second of two sees what the first has done.
    await profiles.lock(writer.connection, change.organisation_id)
    return await changes.get(writer, change_id)


async def _lock_to_decide(writer: Writer, change_id: UUID) -> tuple[BankAccountChange, Place]:
    change, place = await _lock_in_reach(writer, change_id)
    rules.check_may_decide(writer.actor, place, change)
    rules.check_open(change.state)
    return change, place


async def _change(writer: Writer, change: BankAccountChange, place: Place, **columns: Any) -> BankAccountChange:
    changed = await change_value(writer.connection, bank_account_changes, change, **columns)
    _record(writer, changed.state, changed)
    return rules.change_as_seen(changed, writer.actor, place)


def _record(writer: Writer, verb: str, change: BankAccountChange, **facts: object) -> None:
    """Record nothing of the account itself: those who may see it can get it."""
    writer.record(
        f"bank-account-change.{verb}",
        change.id,
        organisation_id=change.organisation_id,
        reason=change.reason,
        person_id=str(change.proposed_by),
        payments_held_until=change.payments_held_until,
        **facts,
    )
