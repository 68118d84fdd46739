"""Invitations to a role."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
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
    or_,
    select,
)

from app.db.organisations.organisations import organisations
from app.db.paging import Sight, any_given, below, clock_of, filters_of, given, seen_by
from app.db.people.people import in_force, persons, role_grants
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import NOW, Connection, Query, columns_of, study_centre_table
from app.domain.access import Actor, RoleGrant
from app.domain.people.role_invitations import InvitedRole, RoleInvitation


@dataclass(frozen=True)
class SentCount:
    """How many invitations a person sent."""

    in_all: int
    to_address: int


role_invitations = study_centre_table(
    "role_invitations",
    Column("organisation_id", Uuid, nullable=False),
    Column("role", Text, nullable=False),
    Column("email", Text),
    Column("email_key", Text),
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
_inviters = persons.alias("inviters")
_vouched_for = (
    select(role_grants.c.id)
    .join(_inviters, role_grants.c.person_id == func.coalesce(_inviters.c.merged_into, _inviters.c.id))
    .where(
        _inviters.c.id == _invitations.invited_by,
        in_force(NOW),
        or_(
            role_grants.c.role == "staff",
            and_(role_grants.c.role == "main_user", below(_invitations.organisation_id, role_grants.c.organisation_id)),
        ),
    )
    .exists()
)
"""Whether the inviter may grant the role, as `check_may_invite` has it."""
_is_waiting = and_(_invitations.state == "open", _invitations.expires_at > NOW)
_is_open = and_(_is_waiting, _vouched_for)
_clock_state = case(
    (_invitations.state != "open", _invitations.state),
    (_invitations.expires_at <= NOW, "expired"),
    (~_vouched_for, "suspended"),
    else_="open",
)


def _inviting(actor: Actor) -> dict[str, object] | None:
    """The organisations in whose trees the actor grants roles."""
    if actor.has("staff", "auditor"):
        return None
    return {"p_trees": actor.organisations_of("main_user")}


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
_waiting_of_people = Query(
    _shown.where(_invitations.invited_by == any_(bindparam("p_ids", type_=ARRAY(Uuid))), _is_waiting)
    .order_by(_invitations.id)
    .with_for_update(key_share=True, of=role_invitations),
    RoleInvitation,
)
_organisation_id = bindparam("p_organisation_id", type_=Uuid)
_organisation_locked: Query[UUID] = Query(
    select(organisations.c.id).where(organisations.c.id == _organisation_id).with_for_update(key_share=True)
)
_counted: list[ColumnElement[Any]] = [
    func.count(type_=Integer).label("in_all"),
    func.count(type_=Integer).filter(given(_invitations.email_key, "email_key")).label("to_address"),
]
_sent_count = Query(
    select(*_counted).where(
        _invitations.invited_by == bindparam("p_inviter_id", type_=Uuid),
        _invitations.invited_at >= bindparam("p_since", type_=DateTime(timezone=True)),
        _invitations.invited_at < bindparam("p_until", type_=DateTime(timezone=True)),
    ),
    SentCount,
)
_same_open: Query[UUID] = Query(
    select(_invitations.id).where(
        _invitations.organisation_id == _organisation_id,
        given(_invitations.role, "role"),
        given(_invitations.email_key, "email_key"),
        _is_open,
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
    return await _found.first(session.connection, p_digest=digest, **seen_by(session))


async def lock_by_token(session: Reader, digest: bytes) -> RoleInvitation | None:
    """As `find_by_token`, and nobody else accepts or withdraws it until the transaction ends."""
    return await _locked.first(session.connection, p_digest=digest, **seen_by(session))


async def lock_waiting_of(session: Reader, person_ids: list[UUID]) -> list[RoleInvitation]:
    """The open and suspended invitations that these people sent."""
    return await _waiting_of_people.all(session.connection, p_ids=person_ids, **seen_by(session))


async def lock_organisation(connection: Connection, organisation_id: UUID) -> None:
    """Let nobody else invite to the organisation until the transaction ends."""
    await _organisation_locked.first(connection, p_organisation_id=organisation_id)


async def find_same_open(session: Reader, organisation_id: UUID, role: InvitedRole, email_key: str) -> UUID | None:
    """The open invitation of the address to that role."""
    parameters = {"p_organisation_id": organisation_id, "p_role": role, "p_email_key": email_key}
    return await _same_open.first(session.connection, **parameters, **clock_of(session))


async def count_open(session: Reader, organisation_id: UUID) -> int:
    """Count the organisation's open invitations."""
    count = await _open_count.first(session.connection, p_organisation_id=organisation_id, **clock_of(session))
    return count or 0


async def count_sent(
    connection: Connection, inviter_id: UUID, email_key: str, since: datetime, until: datetime
) -> SentCount:
    """Count the invitations that the person sent between the two times, whatever became of them."""
    parameters = {"p_inviter_id": inviter_id, "p_email_key": email_key, "p_since": since, "p_until": until}
    return await _sent_count.first(connection, **parameters) or SentCount(0, 0)


async def find_remaining(connection: Connection, person_id: UUID) -> UUID:
    """The person, or the one that the record was merged into."""
    return await _now_called.first(connection, p_id=person_id) or person_id


async def keep_roles_of(connection: Connection, person_id: UUID) -> list[RoleGrant]:
    """The person's roles, none of which ends until the transaction does."""
    return await _roles_kept.all(connection, p_person_id=person_id)
