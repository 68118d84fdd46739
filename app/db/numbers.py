"""The series of references: numbers that are taken without a lock that lasts."""

from sqlalchemy import Integer, bindparam, func, select

from app.db.sessions import Writer
from app.db.statements import NOW, Query

_taken: Query[list[str]] = Query(select(func.take_references(NOW, bindparam("p_count", type_=Integer))))


async def take_references(writer: Writer, count: int) -> list[str | None]:
    """As many as rows are being made, in their order. A dry run takes none."""
    taken = None if writer.dry_run else await _taken.first(writer.connection, p_now=writer.now, p_count=count)
    return list(taken) if taken else [None] * count
