"""An organisation's main users and the study centre's staff, locked before the role of one of them ends."""

from datetime import date
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.db.organisations.organisations import organisations
from app.db.people.people import role_grants, study_centres
from app.db.statements import Connection, Query, columns_of
from app.domain.errors import NotFound
from app.domain.people.role_grants import HeldGrant, MainUsers

_grants = role_grants.c
_organisation_locked = Query(
    select(organisations.c.active_until)
    .where(organisations.c.id == bindparam("p_id", type_=Uuid))
    .with_for_update(key_share=True),
    lambda active_until: (active_until,),
)
_main_user_grants = Query(
    select(*columns_of(HeldGrant, role_grants)).where(
        _grants.organisation_id == bindparam("p_id", type_=Uuid), _grants.role == "main_user"
    ),
    HeldGrant,
)


_centre_locked: Query[UUID] = Query(select(study_centres.c.id).with_for_update(key_share=True))
_staff_grants = Query(
    select(*columns_of(HeldGrant, role_grants)).where(_grants.role == "staff"),
    HeldGrant,
)


async def lock_staff(connection: Connection) -> list[HeldGrant]:
    """The staff's roles. Nobody else ends one until the transaction ends. Two queries, as in `lock_main_users`."""
    await _centre_locked.first(connection)
    return await _staff_grants.all(connection)


async def lock_main_users(connection: Connection, organisation_id: UUID) -> MainUsers:
    """A central organisation's main users. Nobody else grants or ends such a role there until the transaction ends.

    Two queries, not one: the second reads after the lock has been granted. Raises NotFound.
    """
    organisation: tuple[date | None] | None = await _organisation_locked.first(connection, p_id=organisation_id)
    if organisation is None:
        raise NotFound(pointer="/organisation_id")
    grants = await _main_user_grants.all(connection, p_id=organisation_id)
    return MainUsers(organisation_id, organisation[0], tuple(grants))
