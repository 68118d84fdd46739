"""Main-user applications: draft, submit, withdraw, look."""

from dataclasses import replace
from datetime import date
from typing import TypedDict
from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.people import main_user_applications as questions
from app.db.people.main_user_applications import (
    change_application,
    find_candidacy,
    find_main_users_right,
    get_application_seen,
    lock_open_application,
    main_user_applications,
    page_of_applications,
)
from app.db.people.me import find_person
from app.db.people.signatories import find_signatory
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, row_of
from app.domain.access import check_reach
from app.domain.errors import AlreadyExists, NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations.organisations import Language
from app.domain.people import main_user_applications as rules
from app.domain.people.main_user_applications import ApplicationState, Candidacy, MainUserApplication
from app.domain.versions import Versions, check_version


class ApplicationChanges(TypedDict, total=False):
    signatory_id: UUID
    language: Language
    begins_on: date | None
    replaces_role_grant_id: UUID | None


async def draft_application(
    writer: Writer,
    *,
    organisation_id: UUID,
    signatory_id: UUID,
    language: Language | None,
    begins_on: date | None,
    replaces_role_grant_id: UUID | None,
) -> MainUserApplication:
    candidacy = await _candidacy(writer, organisation_id)
    rules.check_may_apply(writer.actor, candidacy)
    check_central(candidacy.place, pointer="/organisation_id")
    rules.check_member_now(candidacy, writer.now)
    await _check_none_open(writer, organisation_id)
    person = await find_person(writer.connection, writer.actor.person_id)
    if person is None:
        raise NotFound
    application = MainUserApplication(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=candidacy.organisation_name,
        applicant_id=person.id,
        applicant_name=person.name,
        signatory_id=signatory_id,
        signatory_name="",
        signatory_person_id=None,
        language=language or person.language,
        begins_on=begins_on,
        replaces_role_grant_id=replaces_role_grant_id,
        state="draft",
        created_at=writer.now,
        submitted_at=None,
        expires_at=None,
        document_digest=None,
        signed_document_digest=None,
        received_at=None,
        reason=None,
        decided_by=None,
        decided_at=None,
        role_grant_id=None,
        withdrawn_at=None,
    )
    application = await _check_named(writer, application)
    await insert_row(writer.connection, main_user_applications, **row_of(main_user_applications, application))
    _record(writer, "drafted", application)
    return application


async def change_draft(
    writer: Writer, application_id: UUID, changes: ApplicationChanges, expected: Versions
) -> MainUserApplication:
    application = await _lock_own(writer, application_id)
    check_version(application, expected)
    rules.check_state(application, "draft")
    changed = await _check_named(writer, replace(application, **changes))
    if changes:
        await change_application(writer, application, **changes)
        _record(writer, "changed", application, changed=sorted(changes))
    return changed


async def submit_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    """From then on its document is fixed: what has changed since it was drafted is looked at once more."""
    application = await _lock_own(writer, application_id)
    rules.check_state(application, "draft")
    candidacy = await _candidacy(writer, application.organisation_id)
    rules.check_may_apply(writer.actor, candidacy)
    rules.check_member_now(candidacy, writer.now)
    await _check_named(writer, application, is_fixed=True)
    _, signing_days = await questions.read_study_centre(writer.connection)
    submitted = await change_application(
        writer,
        application,
        state="awaiting_signatures",
        submitted_at=writer.now,
        expires_at=rules.expiry_of(writer.now, signing_days),
    )
    _record(writer, "submitted", submitted, expires_at=submitted.expires_at)
    return submitted


async def withdraw_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    application = await _lock_own(writer, application_id)
    rules.check_state(application, *rules.OPEN)
    withdrawn = await change_application(writer, application, state="withdrawn", withdrawn_at=writer.now)
    _record(writer, "withdrawn", withdrawn)
    return withdrawn


async def get_application(reader: Reader, application_id: UUID) -> MainUserApplication:
    application, _ = await get_application_seen(reader, application_id)
    return application


async def list_applications(
    reader: Reader,
    page: PageRequest,
    *,
    organisation_id: UUID | None,
    under: UUID | None,
    applicant_id: UUID | None,
    state: ApplicationState | None,
) -> Slice[MainUserApplication]:
    return await page_of_applications(
        reader, page, state=state, organisation_id=organisation_id, under=under, applicant_id=applicant_id
    )


async def _candidacy(writer: Writer, organisation_id: UUID) -> Candidacy:
    """Raises NotFound where the caller neither belongs to the organisation nor reaches it."""
    candidacy = await find_candidacy(writer, organisation_id)
    if candidacy is None:
        raise NotFound(pointer="/organisation_id")
    if not candidacy.belongs:
        check_reach(writer.actor, candidacy.place, pointer="/organisation_id")
    return candidacy


async def _check_none_open(writer: Writer, organisation_id: UUID) -> None:
    """One that has expired by the clock is put away, so that another may be made (rulebook §3.9)."""
    current = await lock_open_application(writer, organisation_id, writer.actor.person_id)
    if current is None:
        return
    if current.state != "expired":
        raise AlreadyExists(pointer="/organisation_id", existing_id=current.id)
    await change_application(writer, current, state="expired")
    _record(writer, "expired", current)


async def _check_named(
    writer: Writer, application: MainUserApplication, *, is_fixed: bool = False
) -> MainUserApplication:
    """The signatory, the day and the right replaced, checked; the application with the signatory's name.

    What is to be submitted may have waited: a day that has passed since then stands in nobody's way.
    """
    organisation_id, applicant_id = application.organisation_id, application.applicant_id
    if not is_fixed:
        rules.check_begins(application.begins_on, writer.now)
    rules.check_not_main_user_yet(writer.actor.roles, organisation_id, application.begins_on)
    signatory = rules.check_signatory(
        await find_signatory(writer, application.signatory_id),
        organisation_id,
        applicant_id,
        application.applicant_name,
    )
    if application.replaces_role_grant_id:
        right = await find_main_users_right(writer.connection, application.replaces_role_grant_id)
        rules.check_replaced(right, organisation_id, applicant_id, writer.now)
    return replace(application, signatory_name=signatory.name, signatory_person_id=signatory.person_id)


async def _lock_own(writer: Writer, application_id: UUID) -> MainUserApplication:
    application, _ = await get_application_seen(writer, application_id, locked=True)
    rules.check_applicant(writer.actor, application)
    return application


def _record(writer: Writer, verb: str, application: MainUserApplication, **facts: object) -> None:
    writer.record(
        f"main-user-application.{verb}",
        application.id,
        organisation_id=application.organisation_id,
        person_id=str(application.applicant_id),
        reason=None,
        **facts,
    )
