"""Topic classes: add, change, get and list."""

from uuid import UUID

from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.statements import change_value, insert_value
from app.db.trainings.topic_classes import find_topic, listing, topic_classes, topics
from app.domain.access import check_staff
from app.domain.trainings import topic_classes as rules
from app.domain.trainings.topic_classes import TopicChanges, TopicClass
from app.domain.versions import Versions, check_version


async def add_topic(writer: Writer, *, code: str, name: str, data: TopicChanges) -> TopicClass:
    check_staff(writer.actor)
    rules.check_code_free(await find_topic(writer.connection, code))
    topic = rules.new_topic(new_id(), code, name, data)
    await insert_value(writer.connection, topic_classes, topic)
    writer.record("topic-class.added", topic.id, code=code)
    return topic


async def change_topic(writer: Writer, topic_id: UUID, data: TopicChanges, expected: Versions) -> TopicClass:
    before = await topics.lock(writer, topic_id)
    check_staff(writer.actor)
    check_version(before, expected)
    after = rules.changed(before, data)
    if after != before:
        await change_value(writer.connection, topic_classes, before, **data)
        writer.record("topic-class.changed", topic_id, **data)
    return after


get_topic = topics.get
list_topics = listing.page
