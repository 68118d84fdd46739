"""Decisions on main-user applications."""

from uuid import UUID

from app.db.organisations.organisations import get_place
from app.db.people.main_user_applications import (
    applications,
    find_candidacy,
    find_main_users_right,
    main_user_applications,
)
from app.db.sessions import Writer
from app.db.statements import change_value
from app.domain.errors import NotFound
from app.domain.people import main_user_applications as rules
from app.domain.people.main_user_applications import MainUserApplication, Outcome
from app.domain.people.role_grants import GrantedRole
from app.services.people.main_user_applications import record_application
from app.services.people.onboardings import open_onboarding
from app.services.people.roles import end_role, grant_role


async def decide_application(
    writer: Writer, application_id: UUID, *, outcome: Outcome, reason: str | None
) -> MainUserApplication:
    """Approval grants the role, opens the onboarding and ends the replaced role, in one transaction."""
    application = await applications.get(writer, application_id, locked=True)
    place = await get_place(writer.connection, application.organisation_id)
    rules.check_may_judge(writer.actor, application, place)
    rules.check_decision(application, outcome, reason)
    given = await _grant_main_user_role(writer, application, reason) if outcome == "approved" else None
    decided = await change_value(
        writer.connection,
        main_user_applications,
        application,
        state=outcome,
        reason=reason,
        decided_by=writer.actor.person_id,
        decided_by_name=writer.actor.name,
        decided_at=writer.now,
        role_grant_id=given and given.id,
    )
    record_application(writer, outcome, decided, reason=reason, valid_from=given and given.valid_from)
    return decided


async def _grant_main_user_role(writer: Writer, application: MainUserApplication, reason: str | None) -> GrantedRole:
    """The new role is granted before the replaced one ends, so that the organisation always has a main user."""
    candidacy = await find_candidacy(writer, application.organisation_id, application.applicant_id)
    if candidacy is None:
        raise NotFound
    rules.check_base_right(candidacy)
    rules.check_member_now(candidacy, writer.now)
    begins_at = rules.beginning_of(application.begins_on, writer.now)
    given = await grant_role(
        writer,
        person_id=application.applicant_id,
        role="main_user",
        organisation_id=application.organisation_id,
        reason=reason,
        valid_from=begins_at,
        main_user_application_id=application.id,
    )
    await open_onboarding(writer, given)
    if application.replaces_role_grant_id:
        replaced = await find_main_users_right(writer.connection, application.replaces_role_grant_id)
        if replaced and (replaced.valid_until is None or begins_at < replaced.valid_until):
            await end_role(writer, replaced.id, at=begins_at, reason=reason)
    return given
