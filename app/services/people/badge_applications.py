"""Badges of people: apply, withdraw, decide, accept, decline, show, revoke, and get the credential and its image."""

import secrets
from dataclasses import replace
from uuid import UUID, uuid4

from app.db.identifiers import new_id
from app.db.organisations.organisations import find_place, get_place
from app.db.organisations.profiles import find as find_organisation
from app.db.paging import PageRequest, Slice
from app.db.people.badge_applications import (
    applications,
    badge_applications,
    find_credential,
    find_last_list,
    find_open_or_held,
    get_list_use,
    list_earner_facts,
    renew_expired,
    stored_criteria,
)
from app.db.people.badge_definitions import definitions, find_image
from app.db.people.me import find_person
from app.db.people.role_grants import lock_person
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, change_value, insert_row, row_of
from app.domain.access import check_person, check_reach, check_still_registered
from app.domain.errors import AlreadyExists, NotFound
from app.domain.people import badge_applications as rules
from app.domain.people.badge_applications import BadgeApplication, BadgeOutcome, Earner
from app.domain.people.badge_credentials import (
    LIST_BITS,
    USED_OF_LIST,
    Json,
    StatusPlace,
    achievement_of,
    credential_of,
    identifier_of,
)
from app.domain.people.badge_definitions import check_is
from app.domain.versions import Versions, check_version
from app.images.baking import baked
from app.keys.reading import Keys
from app.services.people.badge_issuing import issuing, signed

SALT_BYTES = 16


async def apply_for_badge(
    writer: Writer, *, definition_id: UUID, organisation_id: UUID, keys: Keys
) -> BadgeApplication:
    check_person(writer.actor)
    person = await find_person(writer.connection, writer.actor.person_id)
    place = check_reach(writer.actor, await find_place(writer.connection, organisation_id), pointer="/organisation_id")
    organisation = await find_organisation(writer.connection, organisation_id)
    # Shared with retirement, which waits: nobody applies for a badge that has just been retired.
    definition = await definitions.find(writer, definition_id, locked=True)
    if definition is None or definition.state == "draft":
        raise NotFound(pointer="/definition_id")
    if person is None or organisation is None:
        raise NotFound(pointer="/organisation_id")
    rules.check_may_apply(writer.actor, place)
    check_is(definition, "published")
    keys.for_badges()
    await renew_expired(writer.connection, person.id, definition_id, writer.now)
    # Badges before people, as in a merger and an erasure. Of two applications the second waits, and finds the first.
    check_still_registered(await lock_person(writer.connection, person.id))
    if existing := await find_open_or_held(writer.connection, person.id, definition_id):
        raise AlreadyExists(existing_id=existing)
    earner = Earner(person.id, organisation_id)
    facts = (await list_earner_facts(writer.connection, [earner]))[earner]
    application = BadgeApplication(
        id=new_id(),
        definition_id=definition_id,
        badge_name=definition.name,
        person_id=person.id,
        person_name=person.name,
        organisation_id=organisation_id,
        organisation_name=organisation[0].name,
        state="applied",
        criteria=rules.judged(definition.criteria, facts, writer.now),
        applied_at=writer.now,
        withdrawn_at=None,
        decided_by=None,
        decided_by_name=None,
        decided_at=None,
        decision_reason=None,
        answered_at=None,
        valid_until=None,
        public=False,
        revoked_by=None,
        revoked_by_name=None,
        revoked_at=None,
        revocation_reason=None,
    )
    columns = row_of(badge_applications, application) | {"criteria": stored_criteria(application.criteria)}
    await insert_row(writer.connection, badge_applications, **columns, is_renewed=False)
    _record(writer, "made", application)
    return application


async def withdraw_application(writer: Writer, application_id: UUID) -> BadgeApplication:
    application = await _own(writer, application_id)
    rules.check_state(application, "applied")
    return await withdraw(writer, application)


async def withdraw(writer: Writer, application: BadgeApplication) -> BadgeApplication:
    """Withdraw a locked application without a decision; whether the caller may is checked before."""
    withdrawn = await change_value(
        writer.connection, badge_applications, application, state="withdrawn", withdrawn_at=writer.now
    )
    _record(writer, "withdrawn", withdrawn)
    return withdrawn


async def decide_application(
    writer: Writer, application_id: UUID, *, outcome: BadgeOutcome, reason: str | None
) -> BadgeApplication:
    application = await _of_others(writer, application_id)
    rules.check_state(application, "applied")
    [application] = await _as_of_now(writer, [application])
    rules.check_decision(outcome, reason, application.criteria)
    criteria = stored_criteria(application.criteria)
    await change_row(writer.connection, badge_applications, application_id, criteria=criteria)
    decided = await change_value(
        writer.connection,
        badge_applications,
        application,
        state=outcome,
        decided_by=writer.actor.person_id,
        decided_by_name=writer.actor.name,
        decided_at=writer.now,
        decision_reason=reason,
    )
    _record(writer, "decided", decided, reason=reason)
    return decided


async def accept(writer: Writer, application_id: UUID, keys: Keys) -> BadgeApplication:
    """Sign the credential, which never changes."""
    application = await _own(writer, application_id)
    rules.check_state(application, "granted")
    centre = await issuing(writer, keys)
    # Two badges never get the same bit, and a list takes no more than it should.
    await lock_study_centre(writer.connection)
    place = await _free_place(writer)
    definition = await definitions.get(writer, application.definition_id)
    valid_until = rules.valid_until_of(definition.months_valid, writer.now)
    person = await find_person(writer.connection, application.person_id)
    if person is None:
        raise NotFound
    identifier: Json | None = None
    if person.email_verified_at is not None:
        identifier = identifier_of(person.email, secrets.token_hex(SALT_BYTES))
    credential = credential_of(
        application.id,
        addresses=centre.addresses,
        issuer=centre.profile,
        achievement=achievement_of(definition, person.language, centre.addresses),
        subject_id=uuid4(),
        identifier=identifier,
        place=place,
        valid_from=writer.now,
        valid_until=valid_until,
    )
    changes = {"state": "accepted", "answered_at": writer.now, "valid_until": valid_until}
    kept = {"list_number": place.number, "list_index": place.index, "credential": signed(centre, credential)}
    accepted = await _changed(writer, application, changes, kept)
    _record(writer, "accepted", accepted)
    return accepted


async def decline(writer: Writer, application_id: UUID) -> BadgeApplication:
    application = await _own(writer, application_id)
    rules.check_state(application, "granted")
    declined = await _changed(writer, application, {"state": "declined", "answered_at": writer.now})
    _record(writer, "declined", declined)
    return declined


async def show(writer: Writer, application_id: UUID, *, public: bool, expected: Versions) -> BadgeApplication:
    application = await _own(writer, application_id)
    check_version(application, expected)
    rules.check_state(application, "accepted")
    shown = await _changed(writer, application, {"public": public})
    _record(writer, "visibility-changed", shown, public=public)
    return shown


async def revoke_badge(writer: Writer, application_id: UUID, *, reason: str) -> BadgeApplication:
    application = await _of_others(writer, application_id)
    rules.check_state(application, "granted", "accepted")
    return await revoke(writer, application, reason=reason)


async def revoke(writer: Writer, application: BadgeApplication, *, reason: str) -> BadgeApplication:
    """Revoke a locked badge; whether the caller may is checked before. The status list reads the state."""
    revoked = await change_value(
        writer.connection,
        badge_applications,
        application,
        state="revoked",
        public=False,
        revoked_by=writer.actor.person_id,
        revoked_by_name=writer.actor.name,
        revoked_at=writer.now,
        revocation_reason=reason,
    )
    _record(writer, "revoked", revoked, reason=reason)
    return revoked


async def get_credential(reader: Reader, application_id: UUID) -> str:
    application = await applications.get(reader, application_id)
    if not reader.actor.has("staff"):
        rules.check_is_earner(reader.actor, application)
    rules.check_state(application, "accepted", "revoked")
    credential = await find_credential(reader.connection, application_id)
    if credential is None:
        raise NotFound
    return credential


async def get_image(reader: Reader, application_id: UUID) -> bytes:
    credential = await get_credential(reader, application_id)
    application = await applications.get(reader, application_id)
    png = await find_image(reader.connection, application.definition_id)
    if png is None:
        raise NotFound
    return baked(png, credential)


async def get_application(reader: Reader, application_id: UUID) -> BadgeApplication:
    [application] = await _as_of_now(reader, [await applications.get(reader, application_id)])
    return application


async def list_applications(reader: Reader, page: PageRequest, **filters: object) -> Slice[BadgeApplication]:
    found = await applications.page(reader, page, **filters)
    return replace(found, items=await _as_of_now(reader, found.items))


async def _as_of_now(reader: Reader, found: list[BadgeApplication]) -> list[BadgeApplication]:
    """The applications, the undecided ones with their criteria as they are met now."""
    earners = {Earner.of(application) for application in found if application.state == "applied"}
    facts = await list_earner_facts(reader.connection, earners) if earners else {}
    return [
        rules.judged_now(application, facts[Earner.of(application)], reader.now)
        if application.state == "applied"
        else application
        for application in found
    ]


async def _own(writer: Writer, application_id: UUID) -> BadgeApplication:
    application = await applications.lock(writer, application_id)
    check_person(writer.actor)
    rules.check_is_earner(writer.actor, application)
    return application


async def _of_others(writer: Writer, application_id: UUID) -> BadgeApplication:
    application = await applications.lock(writer, application_id)
    check_person(writer.actor)
    place = await get_place(writer.connection, application.organisation_id)
    rules.check_may_decide(writer.actor, application, place)
    return application


async def _free_place(writer: Writer) -> StatusPlace:
    """A random free bit, so that its number says nothing about when or to whom the badge was given."""
    number = await find_last_list(writer.connection)
    taken = {*(await get_list_use(writer.connection, number)).taken}
    if len(taken) >= USED_OF_LIST:
        number, taken = number + 1, set()
    while (index := secrets.randbelow(LIST_BITS)) in taken:
        pass
    return StatusPlace(number, index)


async def _changed(
    writer: Writer, application: BadgeApplication, changes: dict[str, object], kept: dict[str, object] | None = None
) -> BadgeApplication:
    """`kept` are columns that the application does not show."""
    await change_row(writer.connection, badge_applications, application.id, **changes, **(kept or {}))
    return replace(application, **changes)  # type: ignore[arg-type]  # Its own fields.


def _record(
    writer: Writer, verb: str, application: BadgeApplication, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(
        f"badge-application.{verb}",
        application.id,
        organisation_id=application.organisation_id,
        reason=reason,
        person_id=str(application.person_id),
        definition_id=str(application.definition_id),
        state=application.state,
        **facts,
    )
