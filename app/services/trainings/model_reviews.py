"""Reviews of versions of training models: name the reviewers, give an opinion, decide, get."""

from collections.abc import Sequence
from uuid import UUID

from app.db.identifiers import new_id
from app.db.organisations.participant_readers import find_staff
from app.db.sessions import Reader, Writer
from app.db.statements import insert_rows
from app.db.trainings import model_reviews as questions
from app.db.trainings.model_tables import training_model_reviews
from app.db.trainings.model_versions import get_version, list_senders
from app.db.trainings.models import models
from app.domain.access import check_person
from app.domain.trainings import model_reviews as rules
from app.domain.trainings.model_reviews import Eligibility, ModelReview, Opinion, VersionOutcome
from app.domain.trainings.model_versions import ModelVersion, check_state
from app.domain.trainings.models import PlacedModel, check_impartial_staff, check_member
from app.services.trainings.model_versions import decided, lock_version_at_work, put_version, record_version
from app.services.trainings.models import check_sees_work


async def name_reviewers(writer: Writer, model_id: UUID, number: int, *, person_ids: Sequence[UUID]) -> ModelReview:
    check_person(writer.actor)
    placed, version = await lock_version_at_work(writer, model_id, number)
    check_impartial_staff(writer.actor, placed, await _makers(writer, placed, version))
    present = await questions.list_reviewers(writer, version.id, version.submissions)
    before = [each.person_id for each in present]
    eligibility = await _eligibility(writer, placed, version, [*person_ids, *before])
    rules.check_may_name(version, person_ids, present, eligibility)
    check_member(placed, writer.now)
    rules.check_named(person_ids, eligibility)
    await questions.end_reviews(
        writer, version.id, version.submissions, [each for each in before if each not in person_ids]
    )
    added = [each for each in person_ids if each not in before]
    await insert_rows(
        writer.connection,
        training_model_reviews,
        (
            {
                "id": new_id(),
                "version_id": version.id,
                "submission": version.submissions,
                "person_id": person_id,
                "named_by": writer.actor.person_id,
                "named_at": writer.now,
            }
            for person_id in added
        ),
    )
    if set(before) != set(person_ids):
        record_version(
            writer,
            "reviewers-named",
            version,
            submission=version.submissions,
            person_ids=[str(each) for each in person_ids],
        )
    return await _review(writer, version, version.submissions)


async def give_opinion(writer: Writer, model_id: UUID, number: int, *, opinion: Opinion, text: str) -> ModelReview:
    check_person(writer.actor)
    placed, version = await lock_version_at_work(writer, model_id, number)
    reviewers = await questions.list_reviewers(writer, version.id, version.submissions)
    own = rules.check_reviewer(writer.actor, placed, await _makers(writer, placed, version), reviewers)
    check_state(version, "in_review")
    check_member(placed, writer.now)
    await questions.put_opinion(writer, version.id, version.submissions, own.person_id, opinion=opinion, text=text)
    record_version(
        writer,
        "opinion-given",
        version,
        submission=version.submissions,
        opinion=opinion,
        last=all(each.opinion or each.person_id == own.person_id for each in reviewers),
    )
    return await _review(writer, version, version.submissions)


async def decide_version(
    writer: Writer, model_id: UUID, number: int, *, outcome: VersionOutcome, reason: str | None
) -> ModelVersion:
    check_person(writer.actor)
    # Of two reviewers who decide at the same time, the second sees what the first has decided.
    placed, version = await lock_version_at_work(writer, model_id, number)
    reviewers = await questions.list_reviewers(writer, version.id, version.submissions)
    rules.check_decider(writer.actor, placed, version, await _makers(writer, placed, version), reviewers)
    check_state(version, "in_review")
    check_member(placed, writer.now)
    rules.check_opinions(version, reviewers)
    rules.check_reason(outcome, reason, reviewers)
    return await put_version(
        writer,
        outcome.replace("_", "-"),
        version,
        decided(writer, outcome, reason, **rules.OUTCOMES[outcome]),
        reason=reason,
        facts={"submission": version.submissions},
    )


async def get_review(reader: Reader, model_id: UUID, number: int, *, submission: int | None) -> ModelReview:
    """Return the review of that submission, or of the last one."""
    check_sees_work(reader, await models.get(reader, model_id))
    version = await get_version(reader, model_id, number)
    return await _review(reader, version, version.submissions if submission is None else submission)


async def _review(session: Reader, version: ModelVersion, submission: int) -> ModelReview:
    return ModelReview(version.id, submission, await questions.list_reviewers(session, version.id, submission))


async def _makers(session: Reader, placed: PlacedModel, version: ModelVersion) -> set[UUID | None]:
    """Those whose own matter the version is. The first version is begun by the screening, and is nobody's for that."""
    begun = {version.created_by} if version.change != "first" else set()
    return {placed.model.proposed_by, *begun, *await list_senders(session.connection, version.id)}


async def _eligibility(
    writer: Writer, placed: PlacedModel, version: ModelVersion, person_ids: Sequence[UUID]
) -> Eligibility:
    return Eligibility(
        staff=await find_staff(writer, person_ids),
        expert={placed.model.expert_id},
        main_users=await questions.find_main_users(writer, placed.model.organisation_id, person_ids),
        makers=await _makers(writer, placed, version),
    )
