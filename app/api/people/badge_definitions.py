"""`/v1/badge-definitions`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, Strict

from app.api.conventions import Edit, File, NoBody, Read, Replace, ServiceKeys, Write
from app.api.files import Download
from app.api.operations import Operation, Tag
from app.api.organisations.images import IMAGE_IN, PNG_OUT
from app.api.paging import Page, Paging
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import UNSAID, WHOLE, Body, Line, Several, Text
from app.db.paging import Slice
from app.domain.access import Role
from app.domain.people.badge_definitions import (
    BadgeCriterion,
    BadgeDefinition,
    BadgeState,
    BadgeTexts,
    CriterionKind,
)
from app.services.people import badge_definitions

router = APIRouter(
    prefix="/badge-definitions",
    route_class=Operation,
    tags=[Tag("Badges", "Badges of main users: what they are granted for, applications, and signed credentials.")],
)
Months = Annotated[int, Strict(), Field(ge=1, le=600), WHOLE]
MOST_CRITERIA = 20


class BadgeNameIn(Body):
    fi: Line
    """Text in Finnish."""
    sv: Line
    """Text in Swedish."""
    en: Line
    """Text in English."""


class BadgeTextsIn(Body):
    fi: Text
    """Text in Finnish."""
    sv: Text
    """Text in Swedish."""
    en: Text
    """Text in English."""


class BadgeCriterionIn(Body):
    kind: CriterionKind
    role: Role | None = None
    months: Months | None = None


Criteria = Annotated[list[BadgeCriterionIn], Field(max_length=MOST_CRITERIA)]


class BadgeDefinitionIn(Body):
    name: BadgeNameIn
    description: BadgeTextsIn
    criteria_text: BadgeTextsIn
    criteria: Criteria = Field(default_factory=list)
    months_valid: Months | None = None


class BadgeDefinitionPatch(Body):
    name: BadgeNameIn = UNSAID
    description: BadgeTextsIn = UNSAID
    criteria_text: BadgeTextsIn = UNSAID
    criteria: Criteria = UNSAID
    months_valid: Months | None = UNSAID


def _values(given: dict[str, Any]) -> dict[str, Any]:
    values = dict(given)
    for name in ("name", "description", "criteria_text"):
        if name in values:
            values[name] = BadgeTexts(**values[name])
    if "criteria" in values:
        values["criteria"] = tuple(
            BadgeCriterion(one["kind"], one.get("role"), one.get("months")) for one in values["criteria"]
        )
    return values


@router.post("", status_code=201)
@operation(people_only=True)
async def add_badge_definition(writer: Write, body: BadgeDefinitionIn) -> BadgeDefinition:
    """Add a badge.

    Creates a draft, which only staff and auditors see.

    **Who:** staff.
    """
    return await badge_definitions.add_definition(writer, **_values(body.model_dump()))


@router.get("", response_model=Page[BadgeDefinition])
@operation(people_only=True)
async def list_badge_definitions(
    reader: Read, page: Paging, state: Several[BadgeState] = None
) -> Slice[BadgeDefinition]:
    """List badges.

    The newest come first.

    **Who:** everyone who has registered; drafts are for staff and auditors.
    """
    return await badge_definitions.list_definitions(reader, page, state=state)


@router.get("/{badge_definition_id}")
@operation(people_only=True)
async def get_badge_definition(reader: Read, badge_definition_id: UUID) -> BadgeDefinition:
    """Get a badge.

    Includes its texts in each language and its criteria.

    **Who:** everyone who has registered; drafts are for staff and auditors.
    """
    return await badge_definitions.get_definition(reader, badge_definition_id)


@router.patch("/{badge_definition_id}", responses=refusing("wrong-state"))
@operation(people_only=True)
async def change_badge_definition(
    writer: Edit, badge_definition_id: UUID, body: BadgeDefinitionPatch
) -> BadgeDefinition:
    """Change a draft of a badge.

    A published badge never changes.

    **Who:** staff.
    """
    return await badge_definitions.change_definition(
        writer, badge_definition_id, _values(body.given()), writer.expected
    )


@router.put("/{badge_definition_id}/image", responses=refusing("image-refused", "wrong-state"))
@operation(people_only=True, file=IMAGE_IN)
async def put_badge_image(writer: Replace, badge_definition_id: UUID, file: File) -> BadgeDefinition:
    """Upload the image of a badge.

    Accepts the same files as a logo, for a draft. The picture is drawn again as a PNG without metadata: a badge that
    is contained in the file is left out.

    **Who:** staff.
    """
    return await badge_definitions.put_image(
        writer, badge_definition_id, content=file.content, media_type=file.media_type, expected=writer.expected
    )


@router.get("/{badge_definition_id}/image", **PNG_OUT)
@operation(people_only=True)
async def get_badge_image(reader: Read, badge_definition_id: UUID) -> Download:
    """Get the image of a badge.

    Returns the image as a PNG.

    **Who:** everyone who has registered; drafts are for staff and auditors.
    """
    png = await badge_definitions.get_image(reader, badge_definition_id)
    return Download(png, "image/png", f"badge-{badge_definition_id}.png")


@router.post("/{badge_definition_id}/publication", responses=refusing("wrong-state", "not-configured"))
@operation(people_only=True)
async def publish_badge_definition(
    writer: Write, keys: ServiceKeys, badge_definition_id: UUID, _: NoBody = None
) -> BadgeDefinition:
    """Publish a badge.

    The badge needs an image. From then on it never changes, and main users may apply for it.

    **Who:** staff.
    """
    return await badge_definitions.publish(writer, badge_definition_id, keys)


@router.post("/{badge_definition_id}/retirement", responses=refusing("wrong-state"))
@operation(people_only=True)
async def retire_badge_definition(writer: Write, badge_definition_id: UUID, _: NoBody = None) -> BadgeDefinition:
    """Retire a badge.

    Nobody applies for it any more. Badges that have been granted stay valid.

    **Who:** staff.
    """
    return await badge_definitions.retire(writer, badge_definition_id)
