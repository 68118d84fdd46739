"""Topic classes (aiheluokka) of training courses and peer study groups, by which they are counted (rulebook §7)."""

from dataclasses import dataclass, replace
from typing import TypedDict
from uuid import UUID

from app.domain.errors import AlreadyExists
from app.domain.values import Shown


@dataclass(frozen=True)
class TopicClass(Shown):
    id: UUID
    code: str
    """Code of the class, unique in the study centre, which never changes. Plans name it."""
    name: str
    """Name in Finnish."""
    name_sv: str | None
    """Name in Swedish. `null` if there is none."""
    name_en: str | None
    """Name in English. `null` if there is none."""
    statistics_class: str | None
    """Class in the statistics authority's classification. `null` if not known."""
    active: bool
    """Whether new plans may name the class."""


class TopicChanges(TypedDict, total=False):
    name: str
    name_sv: str | None
    name_en: str | None
    statistics_class: str | None
    active: bool


def new_topic(topic_id: UUID, code: str, name: str, data: TopicChanges) -> TopicClass:
    return changed(TopicClass(topic_id, code, name, None, None, None, True), data)


def changed(topic: TopicClass, changes: TopicChanges) -> TopicClass:
    return replace(topic, **changes)


def check_code_free(holder: TopicClass | None) -> None:
    """Check that no other class has the code (rulebook §7). Raise AlreadyExists."""
    if holder is not None:
        raise AlreadyExists(pointer="/code", existing_id=holder.id)
