"""Badges: add, change, publish, retire, get and list."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id
from app.db.people.badge_definitions import badge_definitions, badge_images, definitions, find_image
from app.db.sessions import Reader, Writer
from app.db.statements import change_value, insert_value, put_row
from app.domain.access import check_person, check_staff
from app.domain.errors import NotFound
from app.domain.people import badge_definitions as rules
from app.domain.people.badge_definitions import BadgeCriterion, BadgeDefinition, BadgeTexts
from app.domain.versions import Versions, check_version
from app.images.drawing import redraw
from app.keys.reading import Keys


async def add_definition(
    writer: Writer,
    *,
    name: BadgeTexts,
    description: BadgeTexts,
    criteria_text: BadgeTexts,
    criteria: tuple[BadgeCriterion, ...],
    months_valid: int | None,
) -> BadgeDefinition:
    _permit(writer)
    rules.check_criteria(criteria)
    definition = BadgeDefinition(
        id=new_id(),
        name=name,
        description=description,
        criteria_text=criteria_text,
        criteria=criteria,
        months_valid=months_valid,
        state="draft",
        has_image=False,
        created_at=writer.now,
        published_at=None,
        retired_at=None,
    )
    await insert_value(writer.connection, badge_definitions, definition)
    writer.record("badge-definition.added", definition.id)
    return definition


async def change_definition(
    writer: Writer, definition_id: UUID, changes: Mapping[str, Any], expected: Versions
) -> BadgeDefinition:
    before = await definitions.lock(writer, definition_id)
    _permit(writer)
    check_version(before, expected)
    rules.check_is(before, "draft")
    after = replace(before, **changes)
    rules.check_criteria(after.criteria)
    if not changes:
        return before
    changed = await change_value(writer.connection, badge_definitions, before, **changes)
    writer.record("badge-definition.changed", definition_id, fields=sorted(changes))
    return changed


async def put_image(
    writer: Writer, definition_id: UUID, *, content: bytes, media_type: str, expected: Versions
) -> BadgeDefinition:
    """The picture is drawn again, so a badge that is baked into the file is not in it any more."""
    await definitions.get(writer, definition_id)
    _permit(writer)
    # Before anything is locked, because it takes time.
    png = await redraw(content, media_type)
    definition = await definitions.lock(writer, definition_id)
    check_version(definition, expected)
    rules.check_is(definition, "draft")
    await put_row(
        writer.connection,
        badge_images,
        definition_id=definition_id,
        content=png,
        changed_by=writer.actor.person_id,
        changed_at=writer.now,
    )
    writer.record("badge-definition.image-changed", definition_id)
    return replace(definition, has_image=True)


async def publish(writer: Writer, definition_id: UUID, keys: Keys) -> BadgeDefinition:
    definition = await definitions.lock(writer, definition_id)
    _permit(writer)
    rules.check_may_be_published(definition)
    keys.for_badges()
    published = await change_value(
        writer.connection, badge_definitions, definition, state="published", published_at=writer.now
    )
    writer.record("badge-definition.published", definition_id)
    return published


async def retire(writer: Writer, definition_id: UUID) -> BadgeDefinition:
    """No more applications; badges that have been granted stay."""
    definition = await definitions.lock(writer, definition_id)
    _permit(writer)
    rules.check_is(definition, "published")
    retired = await change_value(
        writer.connection, badge_definitions, definition, state="retired", retired_at=writer.now
    )
    writer.record("badge-definition.retired", definition_id)
    return retired


async def get_image(reader: Reader, definition_id: UUID) -> bytes:
    definition = await definitions.get(reader, definition_id)
    png = await find_image(reader.connection, definition.id)
    if png is None:
        raise NotFound
    return png


get_definition = definitions.get
list_definitions = definitions.page


def _permit(writer: Writer) -> None:
    check_person(writer.actor)
    check_staff(writer.actor)
