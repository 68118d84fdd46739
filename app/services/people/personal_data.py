"""A person's data: export it, and erase what no law requires to be kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.db.people import personal_data as questions
from app.db.people.api_keys import lock_unrevoked_of
from app.db.people.badge_applications import forget_credentials, lock_open_of
from app.db.people.erasures import erase_people
from app.db.people.main_user_applications import list_open_of
from app.db.people.registrations import find_person_among, lock_people
from app.db.people.role_applications import lock_undecided_of
from app.db.people.role_invitations import lock_waiting_of
from app.db.people.signatories import lock_signatories_of
from app.db.sessions import Writer
from app.db.trainings.koski_consents import list_held_by_koski
from app.domain.access import check_strong
from app.domain.errors import NotFound
from app.domain.people import personal_data as rules
from app.domain.people.people import people_reach_of
from app.domain.people.personal_data import Erasure, PersonalData, PersonStatus
from app.services.people import (
    api_keys,
    badge_applications,
    onboardings,
    role_applications,
    role_invitations,
    signatories,
)
from app.services.people.main_user_applications import withdraw_all
from app.services.people.roles import end_roles_of
from app.services.trainings import koski_consents, participation_claims, study_register


async def export_data(writer: Writer, person_id: UUID) -> PersonalData:
    """Return all data about the person. The export itself is recorded in the audit."""
    await _get_status(writer, person_id)
    rules.check_may_export(writer.actor, person_id)
    ids = await questions.list_ids_of(writer.connection, person_id)
    data = PersonalData(
        person_id,
        await questions.list_sign_ins(writer.connection, ids),
        await questions.read_held(writer.connection, ids),
        await questions.count_made(writer.connection, ids),
    )
    writer.record("person.data-told", person_id)
    return data


async def erase(writer: Writer, person_id: UUID, *, reason: str) -> Erasure:
    """Raises LastMainUser or LastStaff if a successor is needed first."""
    rules.check_not_erased(await _get_status(writer, person_id))
    check_strong(writer.actor)
    ids = await questions.list_ids_of(writer.connection, person_id)
    # The order of locks is that of a merger: applications, organisations, people. The second pass ends what was made
    # or granted before the people were locked.
    await _withdraw_and_end(writer, person_id, ids, reason)
    await lock_people(writer.connection, ids)
    rules.check_not_erased(await _get_status(writer, person_id))
    await _withdraw_and_end(writer, person_id, ids, reason)
    for key in await lock_unrevoked_of(writer, ids):
        await api_keys.revoke(writer, key, reason=reason)
    for signatory in await lock_signatories_of(writer, ids):
        await signatories.end(writer, signatory, reason=reason)
    await onboardings.forget_inductors(writer, ids, reason=reason)
    await participation_claims.end_all_of(writer, ids, reason=reason)
    await study_register.end_shares_of(writer, ids)
    await koski_consents.forget_learners(writer, ids)
    held_by_koski = await list_held_by_koski(writer.connection, ids)
    await forget_credentials(writer.connection, ids)
    await erase_people(writer.connection, ids, writer.now)
    writer.record("person.erased", person_id, reason=reason)
    answers_until = datetime.now(UTC).date() + timedelta(days=rules.ANSWERS_KEPT_DAYS)
    return Erasure(person_id, writer.now, rules.kept_after(writer.now.date(), answers_until), held_by_koski)


async def _withdraw_and_end(writer: Writer, person_id: UUID, ids: list[UUID], reason: str) -> None:
    """Withdraw open applications and invitations, and end roles."""
    await withdraw_all(writer, await list_open_of(writer.connection, ids), reason=reason)
    for application in await lock_undecided_of(writer, ids):
        await role_applications.withdraw(writer, application, reason=reason)
    for badge in await lock_open_of(writer, ids):
        if badge.state == "applied":
            await badge_applications.withdraw(writer, badge)
        else:
            await badge_applications.revoke(writer, badge, reason=reason)
    for invitation in await lock_waiting_of(writer, ids):
        await role_invitations.withdraw(writer, invitation, reason=reason)
    await end_roles_of(writer, person_id, reason=reason)


async def _get_status(writer: Writer, person_id: UUID) -> PersonStatus:
    """Raises NotFound if the caller does not see the person, Forbidden if it is another person."""
    status = await questions.find_person_status(writer.connection, person_id)
    among = people_reach_of(writer.actor)
    is_seen = among is None or person_id == writer.actor.person_id
    if status is None or not (
        is_seen or await find_person_among(writer.connection, person_id, among or [], writer.now)
    ):
        raise NotFound
    rules.check_may_handle_data(writer.actor, person_id)
    return status
