"""Organisations: add, change, move, end, get and list."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypedDict, Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import profiles, tree
from app.db.organisations.holdings import lock_holdings
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.domain.access import Place, is_within_reach
from app.domain.errors import AlreadyExists
from app.domain.organisations import organisations as rules
from app.domain.organisations.holdings import check_may_end, check_may_leave, loses_days
from app.domain.organisations.organisations import Organisation, OrganisationChanges, OrganisationKind
from app.domain.versions import Versions, check_version
from app.services.hours.expiring import expire_moved


class OrganisationListFilters(TypedDict, total=False):
    kind: Sequence[OrganisationKind] | None
    parent_id: Sequence[UUID] | None
    under: Sequence[UUID] | None
    changed_since: datetime | None


async def add_organisation(
    writer: Writer, *, kind: OrganisationKind, parent_id: UUID | None, data: OrganisationChanges
) -> Organisation:
    rules.check_parent_fits(kind, parent_id)
    # The new organisation is below everything that is above its parent, so nobody may move the parent meanwhile.
    await tree.hold_trees_still(writer.connection)
    parent = await _find_parent(writer, parent_id)
    rules.check_may_add(writer.actor, parent and parent[1])
    organisation = rules.new_organisation(new_id(), kind, parent and parent[0], data)
    rules.check_data(organisation, data)
    await _check_business_id(writer, organisation)
    await profiles.insert(writer.connection, organisation, writer.now)
    await tree.add_to_tree(writer.connection, organisation.id, parent_id)
    writer.record(
        "organisation.added", organisation.id, organisation_id=organisation.id, kind=kind, parent_id=parent_id
    )
    return organisation


async def change_organisation(
    writer: Writer, organisation_id: UUID, *, changes: OrganisationChanges, expected: Versions
) -> Organisation:
    if "parent_id" in changes:
        await tree.lock_trees(writer.connection)
        # In the order of their IDs. Requests that give hours to one below, propose or plan for it, lock its row or its
        # centre's balances. This waits for them, and then sees what they have done.
        await tree.lock_subtree(writer.connection, organisation_id)
    before, place = await profiles.get(writer, organisation_id, locked=True)
    parent = await _find_parent(writer, changes.get("parent_id"))
    after = rules.changed(before, changes)
    names = rules.differing(before, after)
    rules.check_may_edit(writer.actor, place, names, parent and parent[1])
    check_version(before, expected)
    rules.check_parent_fits(after.kind, after.parent_id)
    rules.check_data(after, changes)
    if "business_id" in names:
        await _check_business_id(writer, after)
    if parent and "parent_id" in names:
        after = await _move(writer, before, after, parent[1])
    if loses_days(before, after):
        days = (after.active_from if after.is_central else date.min, after.active_until)
        holdings = await lock_holdings(writer, organisation_id, before.central_organisation_id, days)
        check_may_end(before, after, holdings)
    if names:
        await profiles.change(writer.connection, after)
        writer.record("organisation.changed", organisation_id, organisation_id=organisation_id, changed=sorted(names))
    return after


async def get_organisation(reader: Reader, organisation_id: UUID) -> Organisation:
    organisation, place = await profiles.get(reader, organisation_id)
    return rules.shown_to(reader.actor, organisation, place)


async def list_organisations(
    reader: Reader, page: PageRequest, *, q: str | None, **filters: Unpack[OrganisationListFilters]
) -> Slice[Organisation]:
    """`q` is words that are all in the names or the business ID."""
    return await profiles.organisation_listing.page(reader, page, words=profiles.patterns_of(q), **filters)


async def _move(writer: Writer, before: Organisation, after: Organisation, parent: Place) -> Organisation:
    rules.check_no_cycle(before.id, parent)
    old_centre, new_centre = before.central_organisation_id, parent.central_organisation_id
    if old_centre != new_centre:
        await expire_moved(writer, before.id)
        check_may_leave(await lock_holdings(writer, before.id, old_centre))
        await tree.give_to_centre(writer.connection, before.id, new_centre)
    await tree.move_in_tree(writer.connection, before.id, parent.organisation_id)
    writer.record(
        "organisation.moved",
        before.id,
        organisation_id=before.id,
        from_parent_id=before.parent_id,
        to_parent_id=parent.organisation_id,
        from_central_organisation_id=old_centre,
        to_central_organisation_id=new_centre,
    )
    return replace(after, central_organisation_id=new_centre)


async def _check_business_id(writer: Writer, organisation: Organisation) -> None:
    """Raises AlreadyExists, which names the other organisation only to callers who may see it."""
    if organisation.business_id is None:
        return
    other = await profiles.find_business_id(writer.connection, organisation.business_id, organisation.id)
    if other and is_within_reach(writer.actor, other):
        raise AlreadyExists(pointer="/business_id", existing_id=other.organisation_id)
    if other:
        raise AlreadyExists(pointer="/business_id")


async def _find_parent(writer: Writer, parent_id: UUID | None) -> tuple[Organisation, Place] | None:
    """None if no parent is named."""
    if parent_id is None:
        return None
    return await profiles.get(writer, parent_id, pointer="/parent_id")
