"""Erasing a person: what is taken out of the tables, in the order in which it is taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Table,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    null,
    or_,
    select,
    text,
    update,
)

from app.db.delivery.preferences import mail_preferences
from app.db.people.api_keys import api_keys
from app.db.people.people import persons
from app.db.statements import Command, Connection, Query, change_row
from app.db.tables import metadata
from app.domain.people.main_user_applications import OPEN
from app.domain.people.personal_data import pseudonym_of

_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_by = bindparam("p_by", type_=Uuid)
_now = bindparam("p_now", type_=DateTime(timezone=True))


def _table(name: str) -> Table:
    return metadata.tables[name]


_mails, _feeds, _signatories = _table("mails"), _table("calendar_feeds"), _table("signatories")
_role_applications, _applications = _table("role_applications"), _table("main_user_applications")
_onboardings, _role_grants = _table("onboardings"), _table("role_grants")
_own_grants = select(_role_grants.c.id).where(_role_grants.c.person_id == any_(_ids))
_unsent = or_(*(_mails.c.state == state for state in ("held", "due")))
_open = or_(*(_applications.c.state == state for state in OPEN))

_commands = (
    # What waits to be sent is not sent: it counts as refused, as what has no address would be.
    Command(
        update(_mails)
        .where(_mails.c.person_id == any_(_ids))
        .values(
            address="",
            subject="",
            text="",
            dates=text("'[]'::jsonb"),
            answer=null(),
            state=case((_unsent, "refused"), else_=_mails.c.state),
            concluded_at=case((_unsent, func.coalesce(_mails.c.concluded_at, _now)), else_=_mails.c.concluded_at),
        )
    ),
    Command(delete(mail_preferences).where(mail_preferences.c.person_id == any_(_ids))),
    Command(delete(_feeds).where(_feeds.c.person_id == any_(_ids))),
    Command(
        update(_role_applications)
        .where(_role_applications.c.person_id == any_(_ids), _role_applications.c.state == "applied")
        .values(state="withdrawn", withdrawn_at=_now)
    ),
    Command(update(_role_applications).where(_role_applications.c.person_id == any_(_ids)).values(reason=null())),
    Command(
        update(_applications)
        .where(_applications.c.applicant_id == any_(_ids), _open)
        .values(state="withdrawn", withdrawn_at=_now)
    ),
    # Whom somebody else's onboarding names in free text, nobody knows.
    Command(
        update(_onboardings)
        .where(_onboardings.c.role_grant_id.in_(_own_grants), _onboardings.c.inductor_name.is_not(None))
        .values(inductor_name="")
    ),
    Command(
        update(_signatories)
        .where(_signatories.c.person_id == any_(_ids), _signatories.c.ended_at.is_(None))
        .values(ended_by=_by, ended_at=_now)
    ),
)
_revoked = Query(
    update(api_keys)
    .where(api_keys.c.made_by == any_(_ids), api_keys.c.revoked_at.is_(None))
    .values(revoked_by=_by, revoked_at=func.clock_timestamp())
    .returning(api_keys.c.id, api_keys.c.organisation_id),
    lambda key_id, organisation_id: (key_id, organisation_id),
)


async def erase_people(connection: Connection, ids: list[UUID], *, by: UUID, now: datetime) -> None:
    """Sign-ins, name, address, telephone, mails, feeds, open applications. Roles end before, by their own rules."""
    given: dict[str, Any] = {"p_ids": ids, "p_by": by, "p_now": now}
    for command in _commands:
        await command.run(connection, **given)
    await connection.execute("SELECT forget_people(%s)", [ids])
    for person_id in ids:
        await change_row(
            connection,
            persons,
            person_id,
            name=pseudonym_of(person_id),
            email=f"{person_id}@erased.invalid",
            phone=None,
            mail_refused_at=now,
            erased_at=now,
        )


async def revoke_keys_of(connection: Connection, ids: list[UUID], *, by: UUID) -> list[tuple[UUID, UUID]]:
    """The keys that they made, which they may hold still: each with its organisation."""
    return await _revoked.all(connection, p_ids=ids, p_by=by)
