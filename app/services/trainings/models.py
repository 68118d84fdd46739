"""Training models: propose, change, withdraw, screen, name the expert, archive, get and list."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations import profiles
from app.db.organisations.contacts import find_adviser
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.statements import change_row, insert_row, insert_value
from app.db.trainings.model_reviews import find_main_users, reviews_open_version
from app.db.trainings.model_tables import training_model_versions, training_models
from app.db.trainings.model_versions import find_open_version
from app.db.trainings.models import models
from app.domain.access import check_main_user, check_main_user_or_staff, check_person
from app.domain.calendar.deadlines import day_of
from app.domain.errors import Invalid, NotFound
from app.domain.hours.standing import check_central
from app.domain.organisations.membership import check_member_on
from app.domain.trainings import models as rules
from app.domain.trainings.models import (
    CriterionFinding,
    ModelChanges,
    ModelContact,
    ModelState,
    PlacedModel,
    ScreeningOutcome,
    TrainingModel,
)
from app.domain.versions import Versions, check_version
from app.services.organisations.contacts import find_contact


class ModelFilters(TypedDict, total=False):
    organisation_id: Sequence[UUID] | None
    under: Sequence[UUID] | None
    state: Sequence[ModelState] | None
    expert_id: Sequence[UUID] | None
    changed_since: datetime | None


async def propose_model(
    writer: Writer,
    *,
    organisation_id: UUID,
    name: str,
    idea: str,
    target_group: str,
    expected_credits: int,
    grounds: str,
) -> TrainingModel:
    organisation, place = await profiles.get(writer, organisation_id, pointer="/organisation_id")
    check_main_user(writer.actor, place)
    check_central(place, pointer="/organisation_id")
    check_member_on(day_of(writer.now), organisation.active_from, organisation.active_until, pointer="/organisation_id")
    model = TrainingModel(
        id=new_id(),
        organisation_id=organisation_id,
        organisation_name=organisation.name,
        name=name,
        idea=idea,
        target_group=target_group,
        expected_credits=expected_credits,
        grounds=grounds,
        state="proposed",
        expert_id=None,
        expert_name=None,
        criteria=None,
        reason=None,
        proposed_by=writer.actor.person_id,
        proposed_by_name=writer.actor.name,
        proposed_at=writer.now,
        screened_by=None,
        screened_by_name=None,
        screened_at=None,
        ended_by=None,
        ended_by_name=None,
        ended_at=None,
    )
    await insert_value(writer.connection, training_models, model)
    record_model(writer, "proposed", model)
    return model


async def change_model(writer: Writer, model_id: UUID, *, changes: ModelChanges, expected: Versions) -> TrainingModel:
    placed = await models.lock(writer, model_id)
    check_main_user(writer.actor, placed.place)
    check_version(placed.model, expected)
    rules.check_state(placed.model, "proposed")
    rules.check_member(placed, writer.now)
    if rules.with_changes(placed.model, changes) == placed.model:
        return placed.model
    return await _change(writer, "changed", placed, changed=sorted(changes), **changes)


async def withdraw_model(writer: Writer, model_id: UUID) -> TrainingModel:
    placed = await models.lock(writer, model_id)
    check_main_user(writer.actor, placed.place)
    rules.check_state(placed.model, "proposed")
    rules.check_member(placed, writer.now)
    return await _end(writer, "withdrawn", placed)


async def screen_model(
    writer: Writer,
    model_id: UUID,
    *,
    outcome: ScreeningOutcome,
    criteria: Sequence[CriterionFinding],
    reason: str | None,
) -> TrainingModel:
    """Accept or reject the proposal. The screener of an accepted one becomes its expert, and its first version begins,
    which waits for the organisation."""
    check_person(writer.actor)
    findings = rules.check_findings(criteria, outcome, reason)
    # Of two who screen at the same time, the second sees what the first has decided.
    placed = await models.lock(writer, model_id)
    rules.check_impartial_staff(writer.actor, placed, {placed.model.proposed_by})
    rules.check_state(placed.model, "proposed")
    rules.check_member(placed, writer.now)
    rules.check_criteria_met(findings, outcome)
    accepted = outcome == "accepted"
    screened = await _change(
        writer,
        outcome,
        placed,
        state=outcome,
        criteria=findings,
        reason=reason,
        expert_id=writer.actor.person_id if accepted else None,
        expert_name=writer.actor.name if accepted else None,
        screened_by=writer.actor.person_id,
        screened_by_name=writer.actor.name,
        screened_at=writer.now,
    )
    if accepted:
        version_id = new_id()
        await insert_row(
            writer.connection,
            training_model_versions,
            id=version_id,
            model_id=model_id,
            number=1,
            change="first",
            state="in_work",
            waiting_for="organisation",
            waiting_since=writer.now,
            created_by=writer.actor.person_id,
            created_at=writer.now,
        )
        writer.record(
            "model-version.created",
            version_id,
            organisation_id=placed.model.organisation_id,
            model_id=model_id,
            number=1,
            change="first",
            waiting_for="organisation",
        )
    return screened


async def name_expert(writer: Writer, model_id: UUID, *, person_id: UUID) -> TrainingModel:
    check_person(writer.actor)
    placed = await models.lock(writer, model_id)
    rules.check_impartial_staff(writer.actor, placed, {placed.model.proposed_by})
    rules.check_state(placed.model, "accepted")
    rules.check_member(placed, writer.now)
    adviser = await find_adviser(writer.connection, person_id, writer.now)
    faults = rules.faults_of_expert(
        is_staff=adviser is not None and adviser[1],
        reviews=await reviews_open_version(writer, model_id, person_id),
        is_main_user=bool(await find_main_users(writer, placed.model.organisation_id, [person_id])),
    )
    if faults:
        raise Invalid(*faults)
    if placed.model.expert_id == person_id:
        return placed.model
    return await _change(
        writer,
        "expert-named",
        placed,
        person_id=str(person_id),
        expert_id=person_id,
        expert_name=adviser and adviser[0].name,
    )


async def archive_model(writer: Writer, model_id: UUID, *, reason: str) -> TrainingModel:
    check_person(writer.actor)
    placed = await models.lock(writer, model_id)
    check_main_user_or_staff(writer.actor, placed.place)
    open_version = await find_open_version(writer, model_id)
    rules.check_archivable(placed.model, [open_version.state] if open_version else [])
    rules.check_member(placed, writer.now)
    return await _end(writer, "archived", placed, reason=reason)


async def get_model(reader: Reader, model_id: UUID) -> TrainingModel:
    return (await models.get(reader, model_id)).model


async def list_models(reader: Reader, page: PageRequest, **filters: Unpack[ModelFilters]) -> Slice[TrainingModel]:
    found = await models.page(reader, page, **filters)
    return Slice([placed.model for placed in found.items], found.next_key, found.total)


async def get_contact(reader: Reader, model_id: UUID) -> ModelContact:
    """Return the expert, while that person is of the staff; else the organisation's contact person."""
    model = (await models.get(reader, model_id)).model
    adviser = model.expert_id and await find_adviser(reader.connection, model.expert_id, reader.now)
    if adviser and adviser[1]:
        return ModelContact(model_id, "expert", adviser[0])
    contact = await find_contact(reader, model.organisation_id, model.organisation_id)
    return ModelContact(model_id, "contact_person" if contact.person else None, contact.person)


async def lock_for_work(writer: Writer, model_id: UUID) -> PlacedModel:
    """Lock the model, as all do who change its versions, so that each sees what the one before has done.

    Raise NotFound for a caller who does not see the work on it.
    """
    placed = await models.lock(writer, model_id)
    check_sees_work(writer, placed)
    return placed


def check_sees_work(reader: Reader, placed: PlacedModel) -> None:
    """Raise NotFound for a caller to whom the work on the model is not shown."""
    if not rules.sees_work(reader.actor, placed.place):
        raise NotFound


async def _end(writer: Writer, state: ModelState, placed: PlacedModel, **columns: Any) -> TrainingModel:
    return await _change(
        writer,
        state,
        placed,
        state=state,
        ended_by=writer.actor.person_id,
        ended_by_name=writer.actor.name,
        ended_at=writer.now,
        **columns,
    )


async def _change(writer: Writer, verb: str, placed: PlacedModel, **columns: Any) -> TrainingModel:
    facts = {name: columns.pop(name) for name in ("changed", "person_id") if name in columns}
    stored = {name: value for name, value in columns.items() if name in training_models.c}
    if "criteria" in stored:
        stored["criteria"] = [asdict(finding) for finding in stored["criteria"]]
    await change_row(writer.connection, training_models, placed.model.id, **stored)
    changed = replace(placed.model, **columns)
    record_model(writer, verb, changed, reason=columns.get("reason"), **facts)
    return changed


def record_model(
    writer: Writer, verb: str, model: TrainingModel, *, reason: str | None = None, **facts: object
) -> None:
    writer.record(f"training-model.{verb}", model.id, organisation_id=model.organisation_id, reason=reason, **facts)
