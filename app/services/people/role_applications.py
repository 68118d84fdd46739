"""Role applications: apply, decide, withdraw, get and list."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.organisations import get_place
from app.db.organisations.profiles import find as find_organisation
from app.db.organisations.training_rules import find_rules
from app.db.people.me import find_person
from app.db.people.role_applications import applications, role_applications
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.domain.access import check_person
from app.domain.calendar.deadlines import last_day_before
from app.domain.errors import Forbidden, NotFound
from app.domain.organisations.training_rules import check_may_apply
from app.domain.people import role_applications as rules
from app.domain.people.role_applications import AppliedRole, Outcome, RoleApplication
from app.domain.people.role_grants import validity_of
from app.domain.people.roles import check_role_fits
from app.services.people.applications import check_not_too_many
from app.services.people.roles import check_not_held, grant_role


async def apply_for_role(
    writer: Writer, *, organisation_id: UUID, role: AppliedRole, reason: str | None
) -> RoleApplication:
    """Any person but an observer may apply in any organisation: applicants have no reach there yet."""
    check_person(writer.actor)
    rules.check_no_observer(writer.actor)
    person = await find_person(writer.connection, writer.actor.person_id)
    found = await find_organisation(writer.connection, organisation_id)
    if found is None or person is None:
        raise NotFound(pointer="/organisation_id")
    organisation, place = found
    check_role_fits(role, organisation.kind)
    if role == "training_manager":
        check_may_apply(await find_rules(writer, place.central_organisation_id))
    await check_not_held(writer, person.id, role, organisation_id, valid_from=writer.now)
    application = RoleApplication(
        id=new_id(),
        person_id=person.id,
        person_name=person.name,
        role=role,
        organisation_id=organisation_id,
        organisation_name=organisation.name,
        reason=reason,
        state="applied",
        applied_at=writer.now,
        decided_by=None,
        decided_by_name=None,
        decided_at=None,
        decision_reason=None,
        withdrawn_at=None,
        role_grant_id=None,
    )
    await insert_value(writer.connection, role_applications, application)
    await check_not_too_many(writer)
    _record(writer, "made", application, reason=reason)
    return application


async def decide_application(
    writer: Writer, application_id: UUID, *, outcome: Outcome, reason: str | None, ends_on: date | None
) -> RoleApplication:
    """If the application is granted, the role is granted in the same transaction."""
    application = await applications.lock(writer, application_id)
    place = await get_place(writer.connection, application.organisation_id)
    check_person(writer.actor)
    centre_rules = await find_rules(writer, place.central_organisation_id)
    rules.check_may_decide(writer.actor, application, place, centre_rules)
    rules.check_reason_given(outcome, reason)
    rules.check_undecided(application.state)
    valid_from, valid_until = validity_of(None, ends_on, writer.now) if outcome == "granted" else (None, None)
    decided = await change_value(
        writer.connection,
        role_applications,
        application,
        state=outcome,
        decided_by=writer.actor.person_id,
        decided_by_name=writer.actor.name,
        decided_at=writer.now,
        decision_reason=reason,
    )
    last_day = last_day_before(valid_until) if valid_until else None
    _record(writer, "decided", decided, reason=reason, valid_from=valid_from, last_day=last_day)
    if outcome == "rejected":
        return decided
    grant = await grant_role(
        writer,
        person_id=application.person_id,
        role=application.role,
        organisation_id=application.organisation_id,
        reason=reason or application.reason,
        valid_until=valid_until,
        role_application_id=application_id,
    )
    return replace(decided, role_grant_id=grant.id)


async def withdraw_application(writer: Writer, application_id: UUID) -> RoleApplication:
    application = await applications.lock(writer, application_id)
    check_person(writer.actor)
    if application.person_id != writer.actor.person_id:
        raise Forbidden(because="not-a-party")
    rules.check_undecided(application.state)
    return await withdraw(writer, application)


async def withdraw(writer: Writer, application: RoleApplication, *, reason: str | None = None) -> RoleApplication:
    """Withdraw a locked, undecided application; whether the caller may is checked before."""
    withdrawn = await change_value(
        writer.connection, role_applications, application, state="withdrawn", withdrawn_at=writer.now
    )
    _record(writer, "withdrawn", withdrawn, reason=reason)
    return withdrawn


get_application = applications.get
list_applications = applications.page


def _record(
    writer: Writer, verb: str, application: RoleApplication, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(
        f"role-application.{verb}",
        application.id,
        organisation_id=application.organisation_id,
        reason=reason,
        person_id=str(application.person_id),
        role=application.role,
        state=application.state,
        **facts,
    )
