"""Topic classes."""

from sqlalchemy import Boolean, Column, Text, select

from app.db.paging import Listing, filters_of, given
from app.db.resources import Resource
from app.db.statements import Connection, Query, columns_of, study_centre_table
from app.domain.trainings.topic_classes import TopicClass

topic_classes = study_centre_table(
    "topic_classes",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_sv", Text),
    Column("name_en", Text),
    Column("statistics_class", Text),
    Column("active", Boolean, nullable=False),
)

_one = select(*columns_of(TopicClass, topic_classes))
topics = Resource(_one, TopicClass, topic_classes)
# The list is by code.
listing = Listing(
    _one, TopicClass, key=[topic_classes.c.code], newest_first=False, filters=filters_of(topic_classes, "active")
)
_of_code = Query(_one.where(given(topic_classes.c.code, "code")), TopicClass)


async def find_topic(connection: Connection, code: str) -> TopicClass | None:
    """The class of that code, active or not."""
    return await _of_code.first(connection, p_code=code)
