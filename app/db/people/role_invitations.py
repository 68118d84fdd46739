"""Invitations to a role."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Sight, any_given, below, clock_of, filters_of, given
from app.db.people.people import persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import NOW, Connection, Query, columns_of, study_centre_table
from app.domain.access import Actor, RoleGrant
from app.domain.people.role_invitations import RoleInvitation

role_invitations = study_centre_table(
    "role_invitations",
    Column("organisation_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("email", Text),
    Column("reason", Text),
    Column("state", Text, nullable=False),
    Column("token_digest", LargeBinary, nullable=False),
    Column("invited_by", Uuid, nullable=False),
    Column("invited_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("accepted_by", Uuid),
    Column("accepted_at", DateTime(timezone=True)),
    Column("role_grant_id", Uuid),
    Column("withdrawn_by", Uuid),
    Column("withdrawn_at", DateTime(timezone=True)),
)

_invitations = role_invitations.c
_is_open = and_(_invitations.state == "open", _invitations.expires_at > NOW)
_clock_state = case((and_(_invitations.state == "open", ~_is_open), "expired"), else_=_invitations.state)


def _inviting(actor: Actor) -> dict[str, object] | None:
    """The organisations in whose trees the actor grants roles."""
    if actor.has("staff", "auditor"):
        return None
    return {"p_trees": [g.organisation_id for g in actor.roles if g.role == "main_user"]}


_shown = select(
    *columns_of(RoleInvitation, role_invitations, organisation_name=organisations.c.name, state=_clock_state)
).join(organisations, organisations.c.id == _invitations.organisation_id)
invitations = Resource(
    _shown,
    RoleInvitation,
    role_invitations,
    seen=Sight(below(_invitations.organisation_id, any_(bindparam("p_trees", type_=ARRAY(Uuid)))), _inviting),
    filters=filters_of(role_invitations, "organisation_id", "under", "role")
    | {"state": any_given(_clock_state, "state")},
)
_of_token = _shown.where(_invitations.token_digest == bindparam("p_digest", type_=LargeBinary))
_found = Query(_of_token, RoleInvitation)
_locked = Query(_of_token.with_for_update(key_share=True, of=role_invitations), RoleInvitation)
_open_of_people = Query(
    _shown.where(_invitations.invited_by == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _is_open)
    .order_by(_invitations.id)
    .with_for_update(key_share=True, of=role_invitations),
    RoleInvitation,
)
_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_organisation_locked: Query[UUID] = Query(
    select(organisations.c.id).where(organisations.c.id == _organisation_id).with_for_update(key_share=True)
)
_sent_count: Query[int] = Query(
    select(func.count(type_=Integer)).where(
        _invitations.invited_by == bindparam("p_inviter_id", type_=Uuid),
        _invitations.invited_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        _invitations.invited_at < bindparam("p_until", type_=DateTime(timezone=True)),
    )
)
_open_count: Query[int] = Query(
    select(func.count(type_=Integer)).where(_invitations.organisation_id == _organisation_id, _is_open)
)
_now_called: Query[UUID] = Query(
    select(func.coalesce(persons.c.merged_into, persons.c.id)).where(persons.c.id == bindparam("p_id", type_=Uuid))
)
_roles_kept = Query(
    select(*columns_of(RoleGrant, role_grants))
    .where(given(role_grants.c.person_id, "person_id"))
    .order_by(role_grants.c.id)
    .with_for_update(read=True),
    RoleGrant,
)


async def find_by_token(session: Reader, digest: bytes) -> RoleInvitation | None:
    """The invitation of the token, for everyone who has it."""
    return await _found.first(session.connection, p_digest=digest, **clock_of(session))


async def lock_by_token(session: Reader, digest: bytes) -> RoleInvitation | None:
    """As `find_by_token`, and nobody else accepts or withdraws it until the transaction ends."""
    return await _locked.first(session.connection, p_digest=digest, **clock_of(session))


async def lock_open_of(session: Reader, person_ids: list[UUID]) -> list[RoleInvitation]:
    """The open invitations that these people sent."""
    return await _open_of_people.all(session.connection, p_ids=person_ids, **clock_of(session))


async def count_open(session: Reader, organisation_id: UUID) -> int:
    """Count the organisation's open invitations. Two queries: the second reads after the lock has been granted."""
    await _organisation_locked.first(session.connection, p_organisation_id=organisation_id)
    count = await _open_count.first(session.connection, p_organisation_id=organisation_id, **clock_of(session))
    return count or 0


async def count_sent(connection: Connection, inviter_id: UUID, since: datetime, until: datetime) -> int:
    """Count the invitations that the person sent between the two times, whatever became of them."""
    return await _sent_count.first(connection, p_inviter_id=inviter_id, p_since=since, p_until=until) or 0


async def find_remaining(connection: Connection, person_id: UUID) -> UUID:
    """The person, or the one that the record was merged into."""
    return await _now_called.first(connection, p_id=person_id) or person_id


async def keep_roles_of(connection: Connection, person_id: UUID) -> list[RoleGrant]:
    """The person's roles, none of which ends until the transaction does."""
    return await _roles_kept.all(connection, p_person_id=person_id)
