"""Badges and their images."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, LargeBinary, SmallInteger, Text, Uuid, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from app.db.paging import Sight, filters_of
from app.db.resources import Resource
from app.db.statements import Connection, Converted, Query, Selection, changed_at, from_json, study_centre_table
from app.domain.access import Actor
from app.domain.people.badge_definitions import BadgeCriterion, BadgeDefinition, BadgeTexts

badge_definitions = study_centre_table(
    "badge_definitions",
    Column("name", JSONB, nullable=False),
    Column("description", JSONB, nullable=False),
    Column("criteria_text", JSONB, nullable=False),
    Column("criteria", JSONB, nullable=False),
    Column("months_valid", SmallInteger),
    Column("state", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
    changed_at(),
)
badge_images = study_centre_table(
    "badge_images",
    Column("definition_id", Uuid, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("changed_by", Uuid, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
)


def _criteria(stored: list[dict[str, Any]]) -> tuple[BadgeCriterion, ...]:
    return tuple(BadgeCriterion(**one) for one in stored)


def _sees_drafts(actor: Actor) -> dict[str, object]:
    return {"p_sees_drafts": actor.has("staff", "auditor")}


definition_selection = Selection(
    BadgeDefinition,
    badge_definitions,
    name=from_json(badge_definitions.c.name, BadgeTexts),
    description=from_json(badge_definitions.c.description, BadgeTexts),
    criteria_text=from_json(badge_definitions.c.criteria_text, BadgeTexts),
    criteria=Converted(badge_definitions.c.criteria, _criteria),
    has_image=exists().where(badge_images.c.definition_id == badge_definitions.c.id),
)
definitions = Resource(
    select(*definition_selection.columns),
    definition_selection.build,
    badge_definitions,
    seen=Sight(
        or_(badge_definitions.c.state != "draft", bindparam("p_sees_drafts", type_=Boolean)),
        _sees_drafts,
    ),
    filters=filters_of(badge_definitions, "state"),
)
_image: Query[bytes] = Query(
    select(badge_images.c.content).where(badge_images.c.definition_id == bindparam("p_id", type_=Uuid)), bytes
)


async def find_image(connection: Connection, definition_id: UUID) -> bytes | None:
    return await _image.first(connection, p_id=definition_id)
