"""Topic classes: what they start with, and what changes."""

from uuid import uuid4

import pytest

from app.domain.errors import AlreadyExists
from app.domain.trainings.topic_classes import changed, check_code_free, new_topic


def test_a_new_class_is_active_unless_said() -> None:
    topic = new_topic(uuid4(), "music", "Musiikki", {"name_sv": "Musik"})
    assert (topic.name, topic.name_sv, topic.name_en, topic.statistics_class, topic.active) == (
        "Musiikki",
        "Musik",
        None,
        None,
        True,
    )
    assert new_topic(topic.id, "music", "Musiikki", {"active": False}).active is False


def test_only_what_is_named_changes() -> None:
    topic = new_topic(uuid4(), "music", "Musiikki", {"name_sv": "Musik"})
    assert changed(topic, {"active": False, "name_sv": None}) == new_topic(
        topic.id, "music", "Musiikki", {"active": False}
    )


def test_a_code_is_of_one_class() -> None:
    check_code_free(None)
    topic = new_topic(uuid4(), "music", "Musiikki", {})
    with pytest.raises(AlreadyExists) as refused:
        check_code_free(topic)
    assert (refused.value.pointer, refused.value.facts) == ("/code", {"existing_id": topic.id})
