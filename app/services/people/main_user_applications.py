"""Main-user applications: draft, submit, withdraw, expire, get and list."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import TypedDict
from uuid import UUID

from app.db.identifiers import new_id
from app.db.numbers import take_references
from app.db.people.application_documents import keep_document
from app.db.people.main_user_applications import (
    applications,
    find_candidacy,
    find_main_users_right,
    lock_open_application,
    main_user_applications,
)
from app.db.people.me import find_person
from app.db.people.signatories import signatory_resource
from app.db.people.study_centres import get_study_centre
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.documents.applications import ApplicationContent, digest_of, make_application
from app.domain.access import check_reach
from app.domain.calendar.deadlines import last_day_before
from app.domain.errors import AlreadyExists, NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations.names import name_in
from app.domain.organisations.organisations import Language
from app.domain.people import main_user_applications as rules
from app.domain.people.main_user_applications import (
    Candidacy,
    HeldRight,
    MainUserApplication,
)
from app.domain.people.signatories import Signatory
from app.domain.versions import Versions, check_version, fingerprint
from app.services.people.applications import check_not_too_many
from app.texts.main_user_application import application_words


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
    [reference] = await take_references(writer, 1)
    application = MainUserApplication(
        id=new_id(),
        reference=reference,
        organisation_id=organisation_id,
        organisation_name=candidacy.organisation.name,
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
        decided_by_name=None,
        decided_at=None,
        role_grant_id=None,
        withdrawn_at=None,
        handler_id=None,
        handler_name=None,
    )
    rules.check_begins(begins_on, writer.now)
    signatory, _ = await _check_named(writer, application)
    application = replace(application, signatory_name=signatory.name, signatory_person_id=signatory.person_id)
    await insert_value(writer.connection, main_user_applications, application)
    await check_not_too_many(writer)
    record_application(writer, "drafted", application)
    return application


async def change_draft(
    writer: Writer, application_id: UUID, changes: ApplicationChanges, expected: Versions
) -> MainUserApplication:
    application = await _get_own(writer, application_id, locked=True)
    check_version(application, expected)
    rules.check_state(application, "draft")
    changed = replace(application, **changes)
    # A day that has passed since the draft was made does not prevent other changes.
    rules.check_begins(changes.get("begins_on"), writer.now)
    signatory, _ = await _check_named(writer, changed)
    changed = replace(changed, signatory_name=signatory.name, signatory_person_id=signatory.person_id)
    if changes:
        await change_value(writer.connection, main_user_applications, application, **changes)
        record_application(writer, "changed", application, changed=sorted(changes))
    return changed


async def submit_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    """Check the draft again, since things may have changed, and fix its document."""
    application = await _get_own(writer, application_id)
    rules.check_state(application, "draft")
    candidacy = await _candidacy(writer, application.organisation_id)
    rules.check_may_apply(writer.actor, candidacy)
    rules.check_member_now(candidacy, writer.now)
    signatory, replaced = await _check_named(writer, application)
    person = await find_person(writer.connection, application.applicant_id)
    centre = await get_study_centre(writer.connection)
    content = ApplicationContent(
        application_id=application.id,
        reference=application.reference,
        language=application.language,
        study_centre_name=name_in(application.language, centre),
        organisation_name=name_in(application.language, candidacy.organisation),
        business_id=candidacy.business_id,
        applicant_name=application.applicant_name,
        applicant_email=person.email if person else "",
        signatory_name=signatory.name,
        signatory_basis=signatory.basis,
        replaces_name=replaced.person_name if replaced else None,
        valid_from=application.begins_on,
        made_at=writer.now,
    )
    words = application_words(content.language, made_at=content.made_at, valid_from=content.valid_from)
    document = await make_application(content, words)
    # The document was made without a lock: it is right only if the draft has not changed meanwhile.
    unchanged = Versions(frozenset({fingerprint(application)}))
    check_version(await _get_own(writer, application_id, locked=True), unchanged)
    digest = digest_of(document)
    await keep_document(writer, application_id, document, digest)
    expires_at = rules.expiry_of(writer.now, centre.signing_days)
    submitted = await change_value(
        writer.connection,
        main_user_applications,
        application,
        state="awaiting_signatures",
        submitted_at=writer.now,
        expires_at=expires_at,
    )
    submitted = replace(submitted, document_digest=digest)
    sign_by = last_day_before(expires_at)
    record_application(writer, "submitted", submitted, expires_at=expires_at, sign_by=sign_by, digest=digest)
    return submitted


async def withdraw_application(writer: Writer, application_id: UUID) -> MainUserApplication:
    application = await _get_own(writer, application_id, locked=True)
    rules.check_state(application, *rules.OPEN)
    return await _withdraw(writer, application)


async def withdraw_all(writer: Writer, application_ids: Iterable[UUID], *, reason: str) -> None:
    """Withdraw those that are open. The caller's permission is checked before."""
    for application_id in application_ids:
        application = await applications.find(writer, application_id, locked=True)
        if application and application.state in rules.OPEN:
            await _withdraw(writer, application, reason=reason)


async def expire(writer: Writer, application: MainUserApplication) -> None:
    """Mark a locked application that has expired by the clock."""
    await change_value(writer.connection, main_user_applications, application, state="expired")
    record_application(writer, "expired", application)


get_application = applications.get
list_applications = applications.page


def record_application(
    writer: Writer, verb: str, application: MainUserApplication, *, reason: str | None = None, **facts: object
) -> None:
    """Record it in the audit and the outbox, with the people whom it concerns."""
    writer.record(
        f"main-user-application.{verb}",
        application.id,
        organisation_id=application.organisation_id,
        reason=reason,
        reference=application.reference,
        person_id=str(application.applicant_id),
        signatory_person_id=application.signatory_person_id and str(application.signatory_person_id),
        **facts,
    )


async def _candidacy(writer: Writer, organisation_id: UUID) -> Candidacy:
    """Raises NotFound if the caller neither has a role in the organisation's tree nor reaches it."""
    candidacy = await find_candidacy(writer, organisation_id, writer.actor.person_id)
    if candidacy is None:
        raise NotFound(pointer="/organisation_id")
    if not candidacy.belongs:
        check_reach(writer.actor, candidacy.place, pointer="/organisation_id")
    return candidacy


async def _check_none_open(writer: Writer, organisation_id: UUID) -> None:
    """Raises AlreadyExists. One that has expired is marked as such, so that another may be made (rulebook §3.9)."""
    current = await lock_open_application(writer, organisation_id, writer.actor.person_id)
    if current is None:
        return
    if current.state != "expired":
        raise AlreadyExists(pointer="/organisation_id", existing_id=current.id)
    await expire(writer, current)


async def _check_named(writer: Writer, application: MainUserApplication) -> tuple[Signatory, HeldRight | None]:
    """Return the signatory and the replaced role as they are now."""
    organisation_id, applicant_id = application.organisation_id, application.applicant_id
    rules.check_not_main_user_yet(writer.actor.roles, organisation_id, application.begins_on)
    signatory = rules.check_signatory(
        await signatory_resource.find(writer, application.signatory_id),
        organisation_id,
        applicant_id,
        application.applicant_name,
    )
    right = None
    if application.replaces_role_grant_id:
        found = await find_main_users_right(writer.connection, application.replaces_role_grant_id)
        right = rules.check_replaced(found, organisation_id, applicant_id, writer.now)
    return signatory, right


async def _get_own(writer: Writer, application_id: UUID, *, locked: bool = False) -> MainUserApplication:
    application = await applications.get(writer, application_id, locked=locked)
    rules.check_applicant(writer.actor, application)
    return application


async def _withdraw(
    writer: Writer, application: MainUserApplication, *, reason: str | None = None
) -> MainUserApplication:
    withdrawn = await change_value(
        writer.connection, main_user_applications, application, state="withdrawn", withdrawn_at=writer.now
    )
    record_application(writer, "withdrawn", withdrawn, reason=reason, was=application.state)
    return withdrawn
