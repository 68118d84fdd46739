"""Main-user applications, and what stands behind them."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Table,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    true,
)

from app.db.organisations.organisations import ancestors_of, organisations
from app.db.paging import Listing, PageRequest, Slice, below, given
from app.db.people.application_documents import documents, signed_documents
from app.db.people.people import in_force, persons, role_grants, study_centres
from app.db.people.signatories import signatories
from app.db.sessions import Reader
from app.db.statements import Connection, Query, change_row, metadata, study_centre_key
from app.domain.access import Place
from app.domain.people.main_user_applications import (
    OPEN,
    ApplicationState,
    Candidacy,
    HeldRight,
    MainUserApplication,
    state_of,
)

main_user_applications = Table(
    "main_user_applications",
    metadata,
    study_centre_key(),
    Column("id", Uuid, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("applicant_id", Uuid, nullable=False),
    Column("signatory_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("begins_on", Date),
    Column("replaces_role_grant_id", Uuid),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("signed_document_id", Uuid),
    Column("received_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("decided_by", Uuid),
    Column("decided_at", DateTime(timezone=True)),
    Column("role_grant_id", Uuid),
    Column("withdrawn_at", DateTime(timezone=True)),
)
_table = main_user_applications
_applicant, _signer = persons.alias("applicant"), persons.alias("signer")

_stored = (
    select(
        _table.c.id,
        _table.c.organisation_id,
        organisations.c.name.label("organisation_name"),
        _table.c.applicant_id,
        _applicant.c.name.label("applicant_name"),
        _table.c.signatory_id,
        func.coalesce(_signer.c.name, signatories.c.name).label("signatory_name"),
        signatories.c.person_id.label("signatory_person_id"),
        _table.c.language,
        _table.c.begins_on,
        _table.c.replaces_role_grant_id,
        # What it is by the clock, `_as_of` puts in its place.
        _table.c.state,
        _table.c.created_at,
        _table.c.submitted_at,
        _table.c.expires_at,
        select(documents.c.digest)
        .where(documents.c.application_id == _table.c.id)
        .scalar_subquery()
        .label("document_digest"),
        select(signed_documents.c.digest)
        .where(signed_documents.c.id == _table.c.signed_document_id)
        .scalar_subquery()
        .label("signed_document_digest"),
        _table.c.received_at,
        _table.c.reason,
        _table.c.decided_by,
        _table.c.decided_at,
        _table.c.role_grant_id,
        _table.c.withdrawn_at,
    )
    .join(organisations, organisations.c.id == _table.c.organisation_id)
    .join(_applicant, _applicant.c.id == _table.c.applicant_id)
    .join(signatories, signatories.c.id == _table.c.signatory_id)
    .outerjoin(_signer, _signer.c.id == signatories.c.person_id)
)
_one = _stored.where(_table.c.id == bindparam("p_id", type_=Uuid))
_found = Query(_one, MainUserApplication)
_locked: Query[UUID] = Query(
    select(_table.c.id).where(_table.c.id == bindparam("p_id", type_=Uuid)).with_for_update(key_share=True),
    lambda application_id: application_id,
)
is_open = or_(*(_table.c.state == state for state in OPEN))
_open = Query(
    _stored.where(
        _table.c.organisation_id == bindparam("p_organisation_id", type_=Uuid),
        _table.c.applicant_id == bindparam("p_applicant_id", type_=Uuid),
        is_open,
    ).with_for_update(key_share=True, of=_table),
    MainUserApplication,
)
_open_of_applicants: Query[UUID] = Query(
    select(_table.c.id)
    .where(_table.c.applicant_id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), is_open)
    .order_by(_table.c.id),
    lambda application_id: application_id,
)
_unmarked = Query(
    _stored.where(
        _table.c.state == "awaiting_signatures",
        _table.c.expires_at <= bindparam("p_now", type_=DateTime(timezone=True)),
    )
    .order_by(_table.c.id)
    .with_for_update(key_share=True, of=_table),
    MainUserApplication,
)


def _as_of(application: MainUserApplication, now: datetime) -> MainUserApplication:
    return replace(application, state=state_of(application.state, application.expires_at, now))


async def find_application(session: Reader, application_id: UUID) -> MainUserApplication | None:
    found = await _found.first(session.connection, p_id=application_id)
    return found and _as_of(found, session.now)


async def lock_application(session: Reader, application_id: UUID) -> MainUserApplication | None:
    """As `find_application`, and nobody else changes it until the transaction ends.

    Locked first and read then: what its documents were while it was waited for is not what they are.
    """
    await _locked.first(session.connection, p_id=application_id)
    return await find_application(session, application_id)


async def change_application(session: Reader, application: MainUserApplication, **columns: Any) -> MainUserApplication:
    """Answers it as it is then."""
    await change_row(session.connection, main_user_applications, application.id, **columns)
    names = {field.name for field in fields(MainUserApplication)}
    return replace(application, **{name: value for name, value in columns.items() if name in names})


async def lock_open_application(
    session: Reader, organisation_id: UUID, applicant_id: UUID
) -> MainUserApplication | None:
    """The one that is stored as open, which by the clock may have expired."""
    found = await _open.first(session.connection, p_organisation_id=organisation_id, p_applicant_id=applicant_id)
    return found and _as_of(found, session.now)


async def list_open_of(connection: Connection, applicant_ids: list[UUID]) -> list[UUID]:
    return await _open_of_applicants.all(connection, p_ids=applicant_ids)


async def lock_unmarked(session: Reader) -> list[MainUserApplication]:
    """Those that have expired by the clock and are not marked so."""
    return await _unmarked.all(session.connection, p_now=session.now)


def _seen_by() -> ColumnElement[bool]:
    person = bindparam("p_seen_by", type_=Uuid)
    return or_(
        _table.c.applicant_id == person,
        signatories.c.person_id == person,
        _table.c.organisation_id == any_(bindparam("p_main_user_of", type_=ARRAY(Uuid))),
    )


def _waiting(state: str) -> ColumnElement[bool]:
    waits = or_(_table.c.state == "awaiting_signatures", _table.c.state == "expired")
    passed = _table.c.expires_at <= bindparam(f"p_{state}", type_=DateTime(timezone=True))
    return and_(waits, passed if state == "expired" else ~passed)


_listing = Listing(
    _stored,
    MainUserApplication,
    key=[_table.c.id],
    filters={
        "seen_by": _seen_by(),
        # A second parameter of `seen_by`.
        "main_user_of": true(),
        "organisation_id": given(_table.c.organisation_id, "organisation_id"),
        "under": below(_table.c.organisation_id, bindparam("p_under", type_=Uuid)),
        "applicant_id": given(_table.c.applicant_id, "applicant_id"),
        "state": given(_table.c.state, "state"),
        # By state, with the instant it is now.
        "expired": _waiting("expired"),
        "awaiting_signatures": _waiting("awaiting_signatures"),
    },
)


async def page_of_applications(
    session: Reader, page: PageRequest, *, state: ApplicationState | None, **filters: UUID | None
) -> Slice[MainUserApplication]:
    by_state: dict[str, object] = {"state": state}
    if state in {"expired", "awaiting_signatures"}:
        by_state = {str(state): session.now}
    seen: dict[str, object] = {}
    if not session.actor.has("staff", "auditor"):
        held = [grant.organisation_id for grant in session.actor.roles if grant.role == "main_user"]
        seen = {"seen_by": session.actor.person_id, "main_user_of": held}
    found = await _listing.page(session, page, **seen, **by_state, **filters)
    return replace(found, items=[_as_of(application, session.now) for application in found.items])


def _candidacy_of(
    organisation_id: UUID, central_id: UUID, ancestors: Sequence[UUID], name: str, *others: Any
) -> Candidacy:
    return Candidacy(Place(organisation_id, central_id, frozenset(ancestors)), name, *others)


_held = organisations.alias("held")
_now = bindparam("p_now", type_=DateTime(timezone=True))
_candidacy = Query(
    select(
        organisations.c.id,
        organisations.c.central_organisation_id,
        ancestors_of(organisations),
        organisations.c.name,
        organisations.c.business_id,
        organisations.c.active_from,
        organisations.c.active_until,
        select(role_grants.c.id)
        .join(_held, _held.c.id == role_grants.c.organisation_id)
        .where(
            _held.c.central_organisation_id == organisations.c.central_organisation_id,
            role_grants.c.person_id == bindparam("p_person_id", type_=Uuid),
            in_force(_now),
        )
        .correlate(organisations)
        .exists(),
    ).where(organisations.c.id == bindparam("p_organisation_id", type_=Uuid)),
    _candidacy_of,
)


async def find_candidacy(session: Reader, organisation_id: UUID, person_id: UUID) -> Candidacy | None:
    """Of the person for the organisation."""
    return await _candidacy.first(
        session.connection, p_organisation_id=organisation_id, p_person_id=person_id, p_now=session.now
    )


_right = Query(
    select(
        role_grants.c.id,
        role_grants.c.organisation_id,
        role_grants.c.person_id,
        persons.c.name.label("person_name"),
        role_grants.c.valid_from,
        role_grants.c.valid_until,
    )
    .join(persons, persons.c.id == role_grants.c.person_id)
    .where(role_grants.c.id == bindparam("p_id", type_=Uuid), role_grants.c.role == "main_user"),
    HeldRight,
)


async def find_main_users_right(connection: Connection, role_grant_id: UUID) -> HeldRight | None:
    return await _right.first(connection, p_id=role_grant_id)


_setting = Query(
    select(study_centres.c.name, study_centres.c.signing_days), lambda name, signing_days: (name, signing_days)
)


async def read_study_centre(connection: Connection) -> tuple[str, int]:
    """Its name, and how many days an application waits for its signatures."""
    found: tuple[str, int] | None = await _setting.first(connection)
    if found is None:
        raise RuntimeError("A connection sees its study centre")
    return found
