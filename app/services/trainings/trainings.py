"""Training courses and peer groups: add, change, copy, get and list. `hour_type` says which is meant."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from app.db.hours.cases import find_candidate
from app.db.organisations.organisations import find_place
from app.db.organisations.profiles import patterns_of
from app.db.paging import PageRequest, Slice
from app.db.sessions import Reader, Writer
from app.db.trainings import trainings as questions
from app.db.trainings.circumstances import find_circumstances
from app.db.trainings.cost_statements import find_last_statement_state
from app.db.trainings.documents import keep_submitted_plan
from app.db.trainings.support_rules import find_rules
from app.db.trainings.topic_classes import find_topic
from app.db.trainings.training_changes import changes as open_changes
from app.db.trainings.training_changes import put_plan
from app.domain.access import Place, check_reach
from app.domain.errors import Fault, Invalid, NotFound
from app.domain.trainings import training_changes
from app.domain.trainings import trainings as rules
from app.domain.trainings.model_courses import check_version_kept
from app.domain.trainings.sessions import check_copies, check_copyable, check_sessions, copied_sessions
from app.domain.trainings.submissions import check_complete, check_topic
from app.domain.trainings.support_rules import Activity
from app.domain.trainings.trainings import (
    Mode,
    Phase,
    Training,
    TrainingPlan,
    TrainingState,
    TrainingSummary,
    event_of,
)
from app.domain.versions import Versions, check_version
from app.services.support.enrolments import check_offer, offer_changed
from app.services.trainings.model_courses import check_chosen, following
from app.services.trainings.reservations import reserve


class PlanListFilters(TypedDict, total=False):
    organisation_id: Sequence[UUID] | None
    under: Sequence[UUID] | None
    year: Sequence[int] | None
    state: Sequence[TrainingState] | None
    phase: Sequence[Phase] | None
    topic: Sequence[str] | None
    mode: Sequence[Mode] | None
    supported: bool | None
    starts_from: date | None
    starts_until: date | None
    reference: Sequence[str] | None
    changed_since: datetime | None


async def add_training(
    writer: Writer, hour_type: Activity, *, organisation_id: UUID, year: int, fields: Mapping[str, Any]
) -> Training:
    """Add a draft, whose responsible person is its maker unless said."""
    place = check_reach(writer.actor, await find_place(writer.connection, organisation_id), pointer="/organisation_id")
    plan = rules.with_changes(rules.EMPTY, fields)
    if "responsible_person_id" not in fields and writer.actor.scopes is None:
        plan = rules.with_changes(plan, {"responsible_person_id": writer.actor.person_id})
    await check_plan(writer, place, year, plan, rules.EMPTY)
    followed = await following(writer, place, plan, rules.EMPTY, fields)
    rules.check_writer(writer.actor, place)
    check_chosen(writer, followed)
    training_id = await questions.insert_draft(writer, hour_type, place, year, followed.plan)
    created = event_of(hour_type, "created")
    writer.record(created, training_id, organisation_id=organisation_id, year=year)
    return await get_training(writer, hour_type, training_id)


async def change_training(
    writer: Writer, hour_type: Activity, training_id: UUID, *, changes: Mapping[str, Any], expected: Versions
) -> Training:
    training, place = await lock_training(writer, hour_type, training_id)
    plan = rules.with_changes(training, changes)
    await check_plan(writer, place, training.year, plan, training)
    followed = await following(writer, place, plan, training, changes)
    plan = followed.plan
    rules.check_writer(writer.actor, place)
    check_version(rules.shown(training), expected)
    rules.check_state(training.state, "draft", "sent_back", "approved")
    check_version_kept(training, plan)
    check_chosen(writer, followed)
    changed = rules.differing(training, plan)
    if not changed:
        return training
    if training.state != "draft":
        rules.check_support_kept(training, plan)
        await keep_submitted_plan(writer.connection, training_id, training)
    if training.state == "approved":
        await _check_approved(writer, training, plan)
    if "enrolment" in changed:
        await check_offer(writer, training_id, plan.enrolment)
    await questions.change_plan(writer.connection, training_id, plan)
    if "enrolment" in changed:
        await offer_changed(writer, training_id)
    writer.record(
        event_of(hour_type, "changed"),
        training_id,
        organisation_id=training.organisation_id,
        state=training.state,
        changed=changed,
    )
    edited = await get_training(writer, hour_type, training_id)
    if training.state == "approved":
        await _carry_over(writer, training, plan)
    return edited


async def copy_training(
    writer: Writer, hour_type: Activity, training_id: UUID, *, starts_on: Sequence[date]
) -> list[Training]:
    """Add a draft for each day, on which its first session begins."""
    training = await get_training(writer, hour_type, training_id)
    place = check_reach(writer.actor, await find_place(writer.connection, training.organisation_id))
    rules.check_writer(writer.actor, place)
    check_copyable(training.sessions, starts_on)
    of_copies = [copied_sessions(training.sessions, day) for day in starts_on]
    check_copies(of_copies, starts_on)
    plans = [
        (day.year, rules.with_changes(training, {"sessions": sessions}))
        for day, sessions in zip(starts_on, of_copies, strict=True)
    ]
    copy_ids = await questions.insert_drafts(writer, hour_type, place, plans)
    for copy_id, (year, _) in zip(copy_ids, plans, strict=True):
        writer.record(
            event_of(hour_type, "created"),
            copy_id,
            organisation_id=training.organisation_id,
            year=year,
            copied_from=training_id,
        )
    copies = await questions.find_several(writer, copy_ids)
    return [copies[copy_id] for copy_id in copy_ids]


async def list_trainings(
    reader: Reader,
    hour_type: Activity,
    page: PageRequest,
    *,
    q: str | None,
    model_id: Sequence[UUID] | None = None,
    **filters: Unpack[PlanListFilters],
) -> Slice[TrainingSummary]:
    """`q` is words that are all in the name, the target group or the content."""
    return await questions.summaries.page(
        reader, page, hour_type=[hour_type], words=patterns_of(q), model_id=model_id, **filters
    )


async def get_training(session: Reader, hour_type: Activity, training_id: UUID) -> Training:
    return rules.of_type(await questions.resource.get(session, training_id), hour_type)


async def _check_approved(writer: Writer, training: Training, plan: TrainingPlan) -> None:
    """Check an edit of an approved plan: it needs no decision, alters nothing that was held or stated, and the plan
    stays complete."""
    if training.supported:
        training_changes.check_needs_no_decision(training, plan)
    if training_changes.needs_unsettled(training, plan):
        training_changes.check_hours_unsettled(await find_last_statement_state(writer.connection, training.id))
    if not training.supported:
        return
    training_changes.check_not_begun(training, plan, writer.now)
    of_year = (await find_rules(writer.connection, training.year)).of(training.hour_type)
    check_complete(plan, training.hour_type, of_year, training.exceptions)
    if plan.topic != training.topic:
        check_topic(plan, await find_circumstances(writer.connection, training.id))


async def _carry_over(writer: Writer, training: Training, plan: TrainingPlan) -> None:
    """Take the edit into the open change, and hold the hours of both. Raise QuotaExceeded."""
    before = after = None
    if training.open_change_id:
        change = await open_changes.get(writer, training.open_change_id)
        before, after = (training_changes.merged_plan(each, change) for each in (training, plan))
        await put_plan(writer.connection, change.id, after)
    hours = training_changes.held_hours_of(plan, after)
    if training.supported and hours != training_changes.held_hours_of(training, before):
        await reserve(writer, [(training, hours)])


async def lock_training(writer: Writer, hour_type: Activity, training_id: UUID) -> tuple[Training, Place]:
    """Lock the training and its organisations, as all do who reserve hours. Raise NotFound."""
    locked = (await questions.lock_several(writer, [training_id])).get(training_id)
    if locked is None:
        raise NotFound
    return rules.of_type(locked.training, hour_type), locked.place


async def check_plan(writer: Writer, place: Place, year: int, plan: TrainingPlan, before: TrainingPlan) -> None:
    """Check what no plan may be, also a draft. Raise Invalid, NotFound."""
    check_sessions(plan.sessions, year)
    faults = []
    topic = plan.topic if plan.topic != before.topic else None
    if topic and not ((found := await find_topic(writer.connection, topic)) and found.active):
        faults.append(Fault("/topic", "not-a-topic"))
    faults += rules.faults_of_partners(plan.partners)
    person_id = plan.responsible_person_id
    is_named = person_id not in (None, before.responsible_person_id, writer.actor.person_id)
    if person_id and is_named and not rules.may_write(await find_candidate(writer, person_id), place):
        faults.append(Fault("/responsible_person_id", "not-responsible"))
    if faults:
        raise Invalid(*faults)
    for index, partner in enumerate(plan.partners):
        named = None if partner in before.partners else partner.organisation_id
        if named and await find_place(writer.connection, named) is None:
            raise NotFound(pointer=f"/partners/{index}/organisation_id")
