"""The sandbox's use cases: add demo people, set the clock, sign documents, read the mailbox."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from app.db import transactions
from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.people.people import callers, persons, role_grants
from app.db.sessions import Reader, Writer
from app.db.statements import insert_row, insert_rows
from app.delivery.addresses import key_of
from app.delivery.composing import html_of
from app.delivery.tokens import TokenMailing
from app.domain.access import CENTRE_ROLES, Role
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import AlreadyExists, Fault, Invalid, NotFound
from app.domain.organisations.organisations import Language
from app.domain.people.roles import check_roles_fit
from app.sandbox.authority import Authority
from app.sandbox.db import (
    MailWithToken,
    find_document_to_sign,
    find_kinds,
    find_person,
    find_person_of,
    mailbox,
    people_listing,
    set_clock,
)
from app.sandbox.demo.people import ALWAYS, SANDBOX_ISSUER
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE
from app.sandbox.domain import Clock, DemoPerson, MailAttachment, SandboxMail, check_clock
from app.services.calendar.due_reminders import send_reminders
from app.services.delivery.outgoing_mails import make_mails
from app.services.people.email_verifications import verified
from app.services.people.expiring import expire_applications
from app.services.trainings.anonymising import anonymise_due
from app.services.trainings.lapsing import lapse_trainings


async def add_person(
    writer: Writer, *, name: str, email: str, language: Language, roles: Sequence[tuple[Role, UUID | None]]
) -> DemoPerson:
    """Create a person whose roles are in force from 2000 on."""
    faults = [
        Fault(f"/roles/{index}/organisation_id", "role-does-not-fit")
        for index, (role, organisation_id) in enumerate(roles)
        if (role in CENTRE_ROLES) != (organisation_id is None)
    ]
    if faults:
        raise Invalid(*faults)
    kinds = await find_kinds(writer.connection, [place for _, place in roles if place])
    for index, (_, organisation_id) in enumerate(roles):
        if organisation_id and organisation_id not in kinds:
            raise NotFound(pointer=f"/roles/{index}/organisation_id")
    check_roles_fit([(role, kinds[place] if place else None) for role, place in roles])
    if found := await find_person_of(writer.connection, key_of(email)):
        raise AlreadyExists(existing_id=found.id)
    person_id = new_id()
    made_at = datetime.now(UTC)
    columns = {"id": person_id, "name": name, "email": email, "language": language, "created_at": made_at}
    await insert_row(writer.connection, persons, **columns, **verified(email, made_at))
    await insert_row(
        writer.connection,
        callers,
        issuer=SANDBOX_ISSUER,
        subject=str(person_id),
        study_centre_id=DEMO_STUDY_CENTRE,
        person_id=person_id,
    )
    rows = [
        {"id": new_id(), "person_id": person_id, "role": role, "organisation_id": place, "valid_from": ALWAYS}
        for role, place in dict.fromkeys(roles)
    ]
    await insert_rows(writer.connection, role_grants, rows)
    return await get_person(writer, person_id)


async def get_person(reader: Reader, person_id: UUID) -> DemoPerson:
    person = await find_person(reader.connection, person_id)
    if person is None:
        raise NotFound
    return person


async def choose_subject(reader: Reader, *, person_id: UUID | None, email: str | None, subject: str | None) -> str:
    """Return the subject of the token, which exactly one of the three must name."""
    named = {"person_id": person_id, "email": email, "subject": subject}
    given = [name for name, value in named.items() if value is not None]
    if not given:
        raise Invalid(Fault("/person_id", "missing"))
    if len(given) > 1:
        raise Invalid(*(Fault(f"/{name}", "extra-forbidden") for name in given[1:]))
    if subject is not None:
        return subject
    if person_id is not None:
        person = await find_person(reader.connection, person_id)
    else:
        person = await find_person_of(reader.connection, key_of(email or ""))
    if person is None:
        raise NotFound(pointer=f"/{given[0]}", people="/v1/sandbox/people")
    return str(person.id)


async def list_people(
    reader: Reader,
    page: PageRequest,
    *,
    email: str | None,
    role: Sequence[Role] | None,
    organisation_id: Sequence[UUID] | None,
) -> Slice[DemoPerson]:
    key = None if email is None else key_of(email)
    return await people_listing.page(reader, page, email=key, role=role, organisation_id=organisation_id)


async def sign_document(reader: Reader, authority: Authority, application_id: UUID, *, name: str) -> bytes:
    """Add a signature to the application's document, as it was uploaded last."""
    document = await find_document_to_sign(reader.connection, application_id)
    if document is None:
        raise NotFound(pointer="/application_id")
    person = sha256(name.encode()).hexdigest()[:16]
    return await authority.sign(document, name=name, person=person, at=reader.now)


async def read_clock(reader: Reader) -> Clock:
    return Clock(reader.now, await transactions.read_clock(reader.connection) is not None)


async def stop_clock(writer: Writer, now: datetime) -> Clock:
    check_clock(now)
    await set_clock(writer.connection, now)
    return Clock(now.astimezone(HELSINKI), standing=True)


async def start_clock(writer: Writer) -> None:
    await set_clock(writer.connection, None)


async def list_mailbox(
    reader: Reader, page: PageRequest, tokens: TokenMailing, *, to: str | None
) -> Slice[SandboxMail]:
    """Do what is due by the clock and make the mails. List those that have left by the clock, or would leave through a
    mail server."""
    await send_reminders(reader.connection)
    await expire_applications(reader.connection)
    await lapse_trainings(reader.connection)
    await anonymise_due(reader.connection)
    await make_mails(reader.connection, tokens.public_url)
    found = await mailbox.page(reader, page, to=to)
    return Slice([_shown(mail, tokens) for mail in found.items], found.next_key, found.total)


def _shown(mail: MailWithToken, tokens: TokenMailing) -> SandboxMail:
    text = tokens.shown(mail.text, mail.sealed_token, mail.id)
    html = html_of(mail.subject, text, mail.language, tokens.public_url)
    files = [MailAttachment(each["name"], each["type"], each["size"]) for each in mail.attachments]
    return SandboxMail(mail.id, mail.address, mail.subject, text, html, mail.event, mail.state, files, mail.made_at)
