"""What prevents all mails, as the worker last met it."""

from sqlalchemy import Column, DateTime, String, Text, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.db.statements import Command, Connection, Query, columns_of, study_centre_table
from app.domain.delivery.mail_delivery import MailDelivery, MailObstacle

mail_obstacles = study_centre_table(
    "mail_obstacles",
    Column("obstacle", Text, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)

_obstacle = bindparam("p_obstacle", type_=String)
_met = Command(
    insert(mail_obstacles)
    .values(obstacle=_obstacle, answer=bindparam("p_answer", type_=String))
    .on_conflict_do_nothing()
)
_past = Command(delete(mail_obstacles).where(mail_obstacles.c.obstacle.is_distinct_from(_obstacle)))
_found = Query(select(*columns_of(MailDelivery, mail_obstacles)), MailDelivery)


async def find_mail_delivery(connection: Connection) -> MailDelivery | None:
    """None if nothing prevents emails."""
    return await _found.first(connection)


async def note_mail_obstacle(connection: Connection, obstacle: MailObstacle | None, answer: str = "") -> None:
    """Note what stands in the way now, in place of anything else; None if nothing does."""
    if obstacle:
        await _met.run(connection, p_obstacle=obstacle, p_answer=answer)
    await _past.run(connection, p_obstacle=obstacle)
