"""Main-user applications, and the facts that they depend on."""

from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    DateTime,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from app.db.organisations.organisations import organisations, place_at
from app.db.paging import Sight, any_given, filters_of, seen_by
from app.db.people.application_documents import documents, signed_documents
from app.db.people.people import in_force, persons, role_grants
from app.db.people.signatories import signatories
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import (
    NOW,
    Connection,
    Query,
    Selection,
    columns_of,
    name_of,
    reference_column,
    study_centre_table,
)
from app.domain.access import Actor
from app.domain.organisations.names import Names
from app.domain.people.main_user_applications import (
    OPEN,
    Candidacy,
    HeldRight,
    MainUserApplication,
)

main_user_applications = study_centre_table(
    "main_user_applications",
    reference_column(),
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
    Column("handler_id", Uuid),
)
_table = main_user_applications
_applicant, _signer = persons.alias("applicant"), persons.alias("signer")

# A sandbox's clock can go back: an application marked as expired may wait again.
_waits = and_(
    or_(_table.c.state == "awaiting_signatures", _table.c.state == "expired"), _table.c.expires_at.is_not(None)
)
_state = case(
    (and_(_waits, _table.c.expires_at <= NOW), "expired"), (_waits, "awaiting_signatures"), else_=_table.c.state
)
_stored = (
    select(
        *columns_of(
            MainUserApplication,
            _table,
            organisation_name=organisations.c.name,
            applicant_name=_applicant.c.name,
            signatory_name=func.coalesce(_signer.c.name, signatories.c.name),
            signatory_person_id=signatories.c.person_id,
            state=_state,
            document_digest=select(documents.c.digest)
            .where(documents.c.application_id == _table.c.id)
            .scalar_subquery(),
            signed_document_digest=select(signed_documents.c.digest)
            .where(signed_documents.c.id == _table.c.signed_document_id)
            .scalar_subquery(),
            handler_name=name_of(_table.c.handler_id),
        )
    )
    .join(organisations, organisations.c.id == _table.c.organisation_id)
    .join(_applicant, _applicant.c.id == _table.c.applicant_id)
    .join(signatories, signatories.c.id == _table.c.signatory_id)
    .outerjoin(_signer, _signer.c.id == signatories.c.person_id)
)


def _parameters_of(actor: Actor) -> dict[str, object] | None:
    if actor.has("staff", "auditor"):
        return None
    return {"p_viewer": actor.person_id, "p_led": actor.organisations_of("main_user")}


_viewer = bindparam("p_viewer", type_=Uuid)
# Seen by the applicant, the signatory, the organisation's main users, staff and auditors (rulebook §3.9).
_seen = Sight(
    or_(
        _table.c.applicant_id == _viewer,
        signatories.c.person_id == _viewer,
        _table.c.organisation_id == any_(bindparam("p_led", type_=ARRAY(Uuid))),
    ),
    _parameters_of,
)
applications = Resource(
    _stored,
    MainUserApplication,
    _table,
    seen=_seen,
    filters=filters_of(_table, "organisation_id", "under", "applicant_id", "reference", "handler_id")
    | {"state": any_given(_state, "state")},
    # Its documents may have changed while the lock was waited for.
    locked_first=True,
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
    .order_by(_table.c.id)
)
_unmarked = Query(
    _stored.where(
        _table.c.state == "awaiting_signatures",
        _table.c.expires_at <= NOW,
    )
    .order_by(_table.c.id)
    .with_for_update(key_share=True, of=_table),
    MainUserApplication,
)


async def lock_open_application(
    session: Reader, organisation_id: UUID, applicant_id: UUID
) -> MainUserApplication | None:
    """The application that is stored as open. By the clock it may have expired."""
    return await _open.first(
        session.connection, p_organisation_id=organisation_id, p_applicant_id=applicant_id, **seen_by(session)
    )


async def list_open_of(connection: Connection, applicant_ids: list[UUID]) -> list[UUID]:
    return await _open_of_applicants.all(connection, p_ids=applicant_ids)


async def lock_unmarked(session: Reader) -> list[MainUserApplication]:
    """Those that have expired by the clock and are not marked so."""
    return await _unmarked.all(session.connection, **seen_by(session))


_held = organisations.alias("held")
_candidacy = Selection(
    Candidacy,
    organisations,
    place=place_at(organisations),
    organisation=Selection(Names, organisations),
    belongs=select(role_grants.c.id)
    .join(_held, _held.c.id == role_grants.c.organisation_id)
    .where(
        _held.c.central_organisation_id == organisations.c.central_organisation_id,
        role_grants.c.person_id == bindparam("p_person_id", type_=Uuid),
        role_grants.c.role != "observer",
        in_force(NOW),
    )
    .correlate(organisations)
    .exists(),
)
_candidate = Query(
    select(*_candidacy.columns).where(organisations.c.id == bindparam("p_organisation_id", type_=Uuid)),
    _candidacy.build,
)


async def find_candidacy(session: Reader, organisation_id: UUID, person_id: UUID) -> Candidacy | None:
    """The person's candidacy in the organisation."""
    return await _candidate.first(
        session.connection, p_organisation_id=organisation_id, p_person_id=person_id, p_now=session.now
    )


_right = Query(
    select(*columns_of(HeldRight, role_grants, person_name=persons.c.name))
    .join(persons, persons.c.id == role_grants.c.person_id)
    .where(role_grants.c.id == bindparam("p_id", type_=Uuid), role_grants.c.role == "main_user"),
    HeldRight,
)


async def find_main_users_right(connection: Connection, role_grant_id: UUID) -> HeldRight | None:
    return await _right.first(connection, p_id=role_grant_id)
