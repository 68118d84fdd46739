"""The figures of the report to the statistics authority, by topic class."""

from sqlalchemy import Integer, cast, func, select

from app.db.paging import given
from app.db.statements import Connection, Query
from app.db.trainings.figures import training_figure_parts as parts
from app.db.trainings.topic_classes import topic_classes
from app.domain.trainings.authority_reports import TopicFigures

_is_held = parts.c.held_courses > 0
_known = parts.c.female + parts.c.male + parts.c.other
_sums = [
    cast(func.sum(column), Integer).label(name)
    for name, column in (
        ("courses", parts.c.held_courses),
        ("hours", parts.c.used_hours),
        ("participants", parts.c.participants),
        ("female", parts.c.female),
        ("male", parts.c.male),
        ("other", parts.c.other),
        ("without_people", cast(parts.c.participants == 0, Integer)),
        ("without_gender", cast(parts.c.participants > _known, Integer)),
    )
]
_topic = func.nullif(parts.c.topic, "").label("topic")
_topics = Query(
    select(_topic, topic_classes.c.statistics_class, *_sums)
    .outerjoin(topic_classes, topic_classes.c.code == parts.c.topic)
    .where(given(parts.c.year, "year"), parts.c.hour_type == "training", _is_held, parts.c.supported)
    .group_by(_topic, topic_classes.c.statistics_class)
    .order_by(_topic),
    TopicFigures,
)


async def list_topic_figures(connection: Connection, year: int) -> list[TopicFigures]:
    """The figures of the training courses with an approved statement, by topic class. Peer groups have no teaching."""
    return await _topics.all(connection, p_year=year)
