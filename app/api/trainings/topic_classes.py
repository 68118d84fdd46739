"""`/v1/topic-classes`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from app.api.conventions import Edit, Read, Write
from app.api.operations import Operation, Tag
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, Body, Flag, Line
from app.db.paging import Slice
from app.domain.trainings.topic_classes import TopicClass
from app.services.trainings import topic_classes

router = APIRouter(
    prefix="/topic-classes",
    route_class=Operation,
    tags=[Tag("Topic classes", "Classes of topics, by which training courses are counted.")],
)
TopicCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
StatisticsClass = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$")]

ActiveQuery = Annotated[bool | None, Query(description="Whether new plans may name the class.")]


class TopicClassData(Body):
    name_sv: Line | None = UNSAID
    name_en: Line | None = UNSAID
    statistics_class: StatisticsClass | None = UNSAID
    active: Flag = UNSAID


class TopicClassIn(TopicClassData):
    code: TopicCode
    name: Line


class TopicClassPatch(TopicClassData):
    name: Line = UNSAID


@router.get("", response_model=Page[TopicClass])
@operation(scope="trainings:read")
async def list_topic_classes(reader: Read, page: Paging, active: ActiveQuery = None) -> Slice[TopicClass]:
    """List topic classes.

    In the order of their codes.

    **Who:** everyone who has registered.
    """
    return await topic_classes.list_topics(reader, page, active=active)


@router.post("", status_code=201, responses=refusing("already-exists"))
@operation(people_only=True)
async def add_topic_class(writer: Write, body: TopicClassIn) -> TopicClass:
    """Add a topic class.

    **Who:** staff.
    """
    data = body.given(exclude={"code", "name"})
    return await topic_classes.add_topic(writer, code=body.code, name=body.name, data=data)


@router.get("/{topic_class_id}")
@operation(scope="trainings:read")
async def get_topic_class(reader: Read, topic_class_id: UUID) -> TopicClass:
    """Get a topic class.

    **Who:** everyone who has registered.
    """
    return await topic_classes.get_topic(reader, topic_class_id)


@router.patch("/{topic_class_id}")
@operation(people_only=True)
async def change_topic_class(writer: Edit, topic_class_id: UUID, body: TopicClassPatch) -> TopicClass:
    """Change a topic class.

    A class that is not active stays in the training courses that name it.

    **Who:** staff.
    """
    return await topic_classes.change_topic(writer, topic_class_id, body.given(), writer.expected)
