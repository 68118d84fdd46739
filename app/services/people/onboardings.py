"""Onboardings: open, change, get and list."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.organisations import get_place
from app.db.people.onboardings import gives_inductions, lock_with_names, onboarding_resource, onboardings
from app.db.sessions import Writer
from app.db.statements import change_row, insert_row
from app.domain.access import check_person
from app.domain.people import onboardings as rules
from app.domain.people.onboardings import Onboarding, OnboardingChanges
from app.domain.people.role_grants import GrantedRole
from app.domain.versions import Versions, check_version


async def open_onboarding(writer: Writer, grant: GrantedRole) -> UUID:
    """Open the checklist of a new main user; granting the role was its first step."""
    onboarding_id = new_id()
    await insert_row(writer.connection, onboardings, id=onboarding_id, role_grant_id=grant.id, created_at=writer.now)
    writer.record(
        "onboarding.opened", onboarding_id, organisation_id=grant.organisation_id, person_id=str(grant.person_id)
    )
    return onboarding_id


async def change_onboarding(
    writer: Writer, onboarding_id: UUID, *, changes: OnboardingChanges, expected: Versions
) -> Onboarding:
    before = await onboarding_resource.lock(writer, onboarding_id)
    place = await get_place(writer.connection, before.organisation_id)
    rules.check_may_change(writer.actor, before, place)
    check_person(writer.actor)
    check_version(before, expected)
    after = rules.changed(before, changes)
    rules.check_steps(after, changes, writer.now)
    if after.inductor_id and after.inductor_id != before.inductor_id:
        gives = await gives_inductions(writer.connection, after.inductor_id, after.organisation_id)
        rules.check_inductor(gives)
    if after == rules.as_kept(before):
        return before
    await _keep(writer, after, changes)
    return await onboarding_resource.get(writer, onboarding_id)


async def forget_inductors(writer: Writer, person_ids: list[UUID], *, reason: str) -> None:
    """Remove the names of inductors whom the service does not know from these people's onboardings."""
    for onboarding in await lock_with_names(writer.connection, person_ids):
        await _keep(writer, replace(onboarding, inductor_name=""), ["inductor_name"], reason=reason)


get_onboarding = onboarding_resource.get
list_onboardings = onboarding_resource.page


async def _keep(writer: Writer, after: Onboarding, changed: Collection[str], *, reason: str | None = None) -> None:
    names = ("inductor_id", "inductor_name", *rules.DAYS)
    await change_row(writer.connection, onboardings, after.id, **{name: getattr(after, name) for name in names})
    writer.record(
        "onboarding.changed",
        after.id,
        organisation_id=after.organisation_id,
        reason=reason,
        person_id=str(after.person_id),
        changed=sorted(changed),
        state=after.state,
    )
