"""Versions of training models: begin, change, hand over, submit, withdraw, take into use, get and list."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row
from app.db.trainings import model_versions as questions
from app.db.trainings.model_comments import list_open_comments
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.models import models
from app.domain.access import check_main_user
from app.domain.trainings import model_versions as rules
from app.domain.trainings.model_versions import (
    EDITABLE_STATES,
    ModelVersion,
    VersionContent,
    VersionState,
)
from app.domain.trainings.models import PlacedModel, check_member, check_owner
from app.domain.trainings.models import check_state as check_model_state
from app.domain.versions import Versions, check_version
from app.services.trainings.models import lock_for_work


class VersionFilters(TypedDict, total=False):
    state: Sequence[VersionState] | None
    changed_since: datetime | None


async def start_version(
    writer: Writer, model_id: UUID, *, change: Literal["substantial", "minor"], reason: str
) -> ModelVersion:
    """Begin a version as a copy of the newest approved one. If none has been approved yet, of the newest one."""
    placed = await models.lock(writer, model_id)
    check_owner(writer.actor, placed, writer.now)
    check_model_state(placed.model, "accepted")
    open_version = await questions.find_open_version(writer, model_id)
    rules.check_none_open(open_version.id if open_version else None)
    approved = await questions.find_newest_approved(writer, model_id)
    rules.check_kind(change, approved)
    copied = approved or await questions.find_newest(writer, model_id)
    content = rules.content_of(copied) if copied else rules.EMPTY
    number = await questions.next_number(writer.connection, model_id)
    version_id = new_id()
    await insert_row(
        writer.connection,
        training_model_versions,
        id=version_id,
        model_id=model_id,
        number=number,
        change=change,
        reason=reason,
        state="in_work",
        waiting_for="organisation",
        waiting_since=writer.now,
        created_by=writer.actor.person_id,
        created_at=writer.now,
        **stored_content(content),
    )
    version = await questions.get_version(writer, model_id, number)
    record_version(writer, "created", version, reason=reason, change=change, waiting_for=version.waiting_for)
    return version


async def change_version(
    writer: Writer, model_id: UUID, number: int, *, changes: Mapping[str, Any], expected: Versions
) -> ModelVersion:
    placed, version = await lock_version(writer, model_id, number)
    check_main_user(writer.actor, placed.place)
    check_version(version, expected)
    rules.check_state(version, *EDITABLE_STATES)
    check_member(placed, writer.now)
    content = rules.with_changes(version, changes)
    changed = rules.differing(version, content)
    rules.check_change(version, changed)
    if not changed:
        return version
    stored = stored_content(content)
    return await put_version(
        writer, "changed", version, {name: stored[name] for name in changed}, facts={"changed": changed}
    )


async def withdraw_version(writer: Writer, model_id: UUID, number: int) -> ModelVersion:
    placed, version = await lock_version(writer, model_id, number)
    check_main_user(writer.actor, placed.place)
    rules.check_state(version, *EDITABLE_STATES)
    check_member(placed, writer.now)
    columns = _waits_for(None, writer) | {"state": "withdrawn"} | _ended(writer)
    return await put_version(writer, "withdrawn", version, columns)


async def hand_over(writer: Writer, model_id: UUID, number: int) -> ModelVersion:
    """Pass the turn to the other side."""
    placed, version = await lock_version(writer, model_id, number)
    side = rules.check_hands_over(writer.actor, placed)
    rules.check_state(version, *EDITABLE_STATES)
    rules.check_turn(version, side)
    check_member(placed, writer.now)
    columns = _waits_for(rules.other_side_of(side), writer)
    if side == "organisation":
        columns["round"] = version.round + 1
    return await put_version(writer, "handed-over", version, columns)


async def submit_version(writer: Writer, model_id: UUID, number: int) -> ModelVersion:
    """Submit the version for review. Its content is fixed, and a review begins without reviewers."""
    placed, version = await lock_version(writer, model_id, number)
    check_main_user(writer.actor, placed.place)
    rules.check_state(version, *EDITABLE_STATES)
    rules.check_turn(version, "organisation")
    check_member(placed, writer.now)
    rules.check_submission(version, placed.language, await list_open_comments(writer.connection, version.id))
    columns = _waits_for("study_centre", writer) | {
        "state": "in_review",
        "digest": rules.digest_of(version),
        "submissions": version.submissions + 1,
        "submitted_by": writer.actor.person_id,
        "submitted_at": writer.now,
    }
    facts = {"change": version.change, "submission": version.submissions + 1}
    return await put_version(writer, "submitted", version, columns, facts=facts)


async def activate_version(writer: Writer, model_id: UUID, number: int) -> ModelVersion:
    """Take the version into use. The one in use before is superseded; courses that are made from it keep it."""
    placed, version = await lock_version(writer, model_id, number)
    check_main_user(writer.actor, placed.place)
    check_model_state(placed.model, "accepted")
    in_use = await questions.find_in_use(writer, model_id)
    rules.check_activation(version, in_use.number if in_use else None)
    check_member(placed, writer.now)
    if in_use:
        await put_version(writer, "superseded", in_use, {"state": "superseded"} | _ended(writer))
    columns = _waits_for(None, writer) | {
        "state": "in_use",
        "activated_by": writer.actor.person_id,
        "activated_at": writer.now,
    }
    return await put_version(writer, "activated", version, columns)


async def get_version(reader: Reader, model_id: UUID, number: int) -> ModelVersion:
    await models.get(reader, model_id)
    return await questions.get_version(reader, model_id, number)


async def list_versions(
    reader: Reader, page: PageRequest, model_id: UUID, **filters: Unpack[VersionFilters]
) -> Slice[ModelVersion]:
    await models.get(reader, model_id)
    return await questions.versions.page(reader, page, model_id=[model_id], **filters)


async def lock_version(writer: Writer, model_id: UUID, number: int) -> tuple[PlacedModel, ModelVersion]:
    """Lock the model of the version. Raise NotFound for a caller who does not see the version."""
    placed = await models.lock(writer, model_id)
    return placed, await questions.get_version(writer, model_id, number)


async def lock_version_at_work(writer: Writer, model_id: UUID, number: int) -> tuple[PlacedModel, ModelVersion]:
    """As `lock_version`, for what only those see who see the work on the model."""
    placed = await lock_for_work(writer, model_id)
    return placed, await questions.get_version(writer, model_id, number)


async def put_version(
    writer: Writer,
    verb: str,
    version: ModelVersion,
    columns: Mapping[str, Any],
    *,
    reason: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> ModelVersion:
    """Change the version, record it, and return it as it is then."""
    await change_row(writer.connection, training_model_versions, version.id, **columns)
    changed = await questions.get_version(writer, version.model_id, version.number)
    record_version(writer, verb, changed, reason=reason, waiting_for=changed.waiting_for, **facts or {})
    return changed


def decided(writer: Writer, state: VersionState, reason: str | None, **columns: Any) -> dict[str, Any]:
    """The columns that a decision changes."""
    return (
        columns
        | _waits_for(columns["waiting_for"], writer)
        | {
            "state": state,
            "decided_by": writer.actor.person_id,
            "decided_at": writer.now,
            "decision_reason": reason,
        }
    )


def stored_content(content: VersionContent) -> dict[str, Any]:
    """The columns of the content. Only the languages that are given are stored."""
    texts = {language: text for language, text in asdict(content.texts).items() if text is not None}
    return {section: getattr(content, section) for section in rules.SECTIONS} | {"texts": texts}


def record_version(
    writer: Writer, verb: str, version: ModelVersion, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(
        f"model-version.{verb}",
        version.id,
        organisation_id=version.organisation_id,
        reason=reason,
        model_id=version.model_id,
        number=version.number,
        **facts,
    )


def _waits_for(side: str | None, writer: Writer) -> dict[str, Any]:
    return {"waiting_for": side, "waiting_since": writer.now if side else None}


def _ended(writer: Writer) -> dict[str, Any]:
    return {
        "waiting_for": None,
        "waiting_since": None,
        "ended_by": writer.actor.person_id,
        "ended_at": writer.now,
    }
