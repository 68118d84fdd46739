"""Signatories: enter, confirm, end, get and list."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.organisations import get_place
from app.db.paging import PageRequest, Slice
from app.db.people.signatories import (
    belongs_to,
    find_name,
    has_signatory,
    signatories,
    signatory_resource,
)
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, change_value, insert_value
from app.domain.access import Place, is_within_reach, only_observes
from app.domain.errors import Forbidden, NotFound
from app.domain.hours.standing import check_central
from app.domain.people import signatories as rules
from app.domain.people.signatories import Signatory, SignatoryState


async def enter_signatory(
    writer: Writer,
    organisation_id: UUID,
    *,
    name: str | None,
    person_id: UUID | None,
    basis: str,
    valid_from: date,
    valid_until: date | None,
) -> Signatory:
    place = await _place_seen(writer, organisation_id)
    rules.check_may_enter(writer.actor, place)
    rules.check_entry(name, person_id, valid_from, valid_until)
    check_central(place)
    if person_id is not None:
        in_tree_of = None if writer.actor.has("staff") else organisation_id
        name = await find_name(writer.connection, person_id, in_tree_of=in_tree_of)
    if name is None:
        raise NotFound(pointer="/person_id")
    is_first = not await has_signatory(writer, organisation_id)
    confirmed = rules.is_confirmed_at_entry(writer.actor, place, person_id, is_first=is_first)
    by, by_name, confirmed_at = (writer.actor.person_id, writer.actor.name, writer.now) if confirmed else (None,) * 3
    signatory = Signatory(
        id=new_id(),
        organisation_id=organisation_id,
        name=name,
        person_id=person_id,
        basis=basis,
        valid_from=valid_from,
        valid_until=valid_until,
        state=rules.state_of(valid_from, valid_until, confirmed_at, None, writer.now),
        entered_by=writer.actor.person_id,
        entered_by_name=writer.actor.name,
        entered_at=writer.now,
        confirmed_by=by,
        confirmed_by_name=by_name,
        confirmed_at=confirmed_at,
        ended_at=None,
    )
    stored_name = None if person_id else name
    await insert_value(writer.connection, signatories, signatory, name=stored_name)
    person = {"person_id": str(person_id)} if person_id else {}
    writer.record("signatory.entered", signatory.id, organisation_id=organisation_id, confirmed=confirmed, **person)
    return signatory


async def confirm_signatory(writer: Writer, organisation_id: UUID, signatory_id: UUID) -> Signatory:
    place, signatory = await _lock_seen(writer, organisation_id, signatory_id)
    rules.check_may_confirm(writer.actor, place, signatory)
    rules.check_unconfirmed(signatory)
    confirmed = await change_value(
        writer.connection,
        signatories,
        signatory,
        confirmed_by=writer.actor.person_id,
        confirmed_by_name=writer.actor.name,
        confirmed_at=writer.now,
    )
    writer.record("signatory.confirmed", signatory_id, organisation_id=organisation_id)
    state = rules.state_of(signatory.valid_from, signatory.valid_until, writer.now, None, writer.now)
    return replace(confirmed, state=state)


async def end_signatory(writer: Writer, organisation_id: UUID, signatory_id: UUID, *, reason: str | None) -> Signatory:
    place, signatory = await _lock_seen(writer, organisation_id, signatory_id)
    rules.check_may_enter(writer.actor, place)
    rules.check_not_ended(signatory)
    return await end(writer, signatory, reason=reason)


async def end(writer: Writer, signatory: Signatory, *, reason: str | None) -> Signatory:
    """End a locked signatory; whether the caller may is checked before."""
    await change_row(writer.connection, signatories, signatory.id, ended_by=writer.actor.person_id, ended_at=writer.now)
    person = {"person_id": str(signatory.person_id)} if signatory.person_id else {}
    writer.record("signatory.ended", signatory.id, organisation_id=signatory.organisation_id, reason=reason, **person)
    return replace(signatory, ended_at=writer.now, state="ended")


async def get_signatory(reader: Reader, organisation_id: UUID, signatory_id: UUID) -> Signatory:
    await _place_seen(reader, organisation_id)
    return await _get(reader, organisation_id, signatory_id)


async def list_signatories(
    reader: Reader, page: PageRequest, organisation_id: UUID, *, state: Sequence[SignatoryState] | None
) -> Slice[Signatory]:
    await _place_seen(reader, organisation_id)
    return await signatory_resource.page(reader, page, organisation_id=organisation_id, state=state)


async def _place_seen(session: Reader, organisation_id: UUID) -> Place:
    """Check that the caller has a role in the tree, and not only an observer's: applicants choose a signatory.

    Raises NotFound, Forbidden.
    """
    place = await get_place(session.connection, organisation_id)
    observes = only_observes(session.actor, place)
    if (is_within_reach(session.actor, place) and not observes) or await belongs_to(session, organisation_id):
        return place
    raise (
        Forbidden(roles=["main_user", "unit_manager", "training_manager", "staff", "auditor"]) if observes else NotFound
    )


async def _lock_seen(writer: Writer, organisation_id: UUID, signatory_id: UUID) -> tuple[Place, Signatory]:
    place = await _place_seen(writer, organisation_id)
    return place, await _get(writer, organisation_id, signatory_id, locked=True)


async def _get(session: Reader, organisation_id: UUID, signatory_id: UUID, *, locked: bool = False) -> Signatory:
    signatory = await signatory_resource.get(session, signatory_id, locked=locked)
    if signatory.organisation_id != organisation_id:
        raise NotFound
    return signatory
