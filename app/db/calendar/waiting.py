"""What has waited for a side for long: one query, with a row for each kind of thing that waits."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FromClause, Uuid, and_, bindparam, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import JSONB

from app.db.calendar.model_tasks import (
    HAS_REVIEWERS,
    IS_AT_WORK,
    IS_REVIEWED,
    IS_TO_ACTIVATE,
    OF_REVIEW,
    WAITS_FOR_OPINION,
)
from app.db.organisations.organisations import organisations
from app.db.people.badge_applications import badge_applications
from app.db.statements import TODAY, Connection, Query, Selection
from app.db.trainings.completions_to_record import IS_TO_COMPLETE
from app.db.trainings.koski_consents import IS_TO_CANCEL, TO_CANCEL_SINCE, WITH_LAST
from app.db.trainings.koski_tables import koski_consents
from app.db.trainings.model_tables import training_model_reviews, training_model_versions, training_models
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import trainings
from app.domain.calendar.deadlines import day_of
from app.domain.calendar.waiting import Waiting

_before = bindparam("p_before", type_=DateTime(timezone=True))
_models, _versions, _reviews = training_models.c, training_model_versions.c, training_model_reviews.c
_badges = badge_applications.c


def waits(
    event: str,
    step: str,
    waits_for: str,
    source: FromClause,
    *conditions: Any,
    subject: Any,
    since: Any,
    organisation: Any = None,
    facts: dict[str, Any] | None = None,
) -> Any:
    """The select of one kind of thing: the event of its report, what it waits for, and the side for which it has waited
    since then."""
    named = [part for name, value in (facts or {}).items() for part in (literal(name), value)]
    columns = Selection(
        Waiting,
        event=literal(event),
        subject_id=subject,
        organisation_id=cast(organisation, Uuid),
        step=literal(step),
        waits_for=literal(waits_for),
        since=since,
        facts=func.jsonb_build_object(*named, type_=JSONB),
    ).columns
    return select(*columns).select_from(source).where(since < _before, *conditions)


_members_models = training_models.join(
    organisations,
    and_(
        organisations.c.id == _models.organisation_id,
        organisations.c.active_from <= TODAY,
        func.coalesce(organisations.c.active_until, TODAY) >= TODAY,
    ),
)
_members_versions = _members_models.join(training_model_versions, _versions.model_id == _models.id)


def _model_waits(*conditions: Any) -> Any:
    return waits(
        "training-model.waiting",
        "screening",
        "staff",
        _members_models,
        *conditions,
        subject=_models.id,
        since=_models.proposed_at,
        organisation=_models.organisation_id,
        facts={"model_id": _models.id},
    )


def _version_waits(step: str, waits_for: str, *conditions: Any, since: Any = _versions.waiting_since) -> Any:
    return waits(
        f"model-version.{step}-waiting",
        step,
        waits_for,
        _members_versions,
        *conditions,
        subject=_versions.id,
        since=since,
        organisation=_models.organisation_id,
        facts={"model_id": _models.id, "number": _versions.number},
    )


def _badge_waits(step: str, waits_for: str, state: str, *, since: Any) -> Any:
    return waits(
        f"badge-application.{step}-waiting",
        f"badge_{step}",
        waits_for,
        badge_applications,
        _badges.state == state,
        subject=_badges.id,
        since=since,
        organisation=_badges.organisation_id,
        facts={"badge_application_id": _badges.id, "person_id": _badges.person_id},
    )


# The last reviewer was named, or the last opinion was given.
_reviewed_since = (
    select(func.greatest(func.max(_reviews.named_at), func.max(_reviews.given_at)))
    .where(OF_REVIEW)
    .correlate(training_model_versions)
    .scalar_subquery()
)
_claimed_trainings = trainings.join(participation_claims, participation_claims.c.training_id == trainings.c.id)
_all = union_all(
    _model_waits(_models.state == "proposed"),
    _version_waits("work", "organisation", IS_AT_WORK, _versions.waiting_for == "organisation"),
    _version_waits("work", "study_centre", IS_AT_WORK, _versions.waiting_for == "study_centre"),
    _version_waits("naming", "staff", IS_REVIEWED, ~HAS_REVIEWERS),
    _version_waits("opinions", "reviewers", IS_REVIEWED, WAITS_FOR_OPINION, since=_reviewed_since),
    _version_waits("decision", "reviewers", IS_REVIEWED, HAS_REVIEWERS, ~WAITS_FOR_OPINION, since=_reviewed_since),
    _version_waits("decision", "expert", _versions.state == "in_review", _versions.change == "minor"),
    _version_waits("activation", "main_users", IS_TO_ACTIVATE),
    waits(
        "completions.waiting",
        "recording",
        "writers",
        trainings,
        IS_TO_COMPLETE,
        subject=trainings.c.id,
        since=trainings.c.ends_at,
        organisation=trainings.c.organisation_id,
        facts={"training_id": trainings.c.id},
    ),
    waits(
        "participation-claim.waiting",
        "claim",
        "readers",
        _claimed_trainings,
        participation_claims.c.state == "open",
        subject=participation_claims.c.id,
        since=participation_claims.c.claimed_at,
        organisation=trainings.c.organisation_id,
        facts={"training_id": trainings.c.id},
    ),
    waits(
        "koski-entry.waiting",
        "cancellation",
        "readers",
        WITH_LAST.join(trainings, trainings.c.id == koski_consents.c.training_id),
        IS_TO_CANCEL,
        subject=koski_consents.c.id,
        since=TO_CANCEL_SINCE,
        organisation=trainings.c.organisation_id,
        facts={"training_id": trainings.c.id},
    ),
    _badge_waits("decision", "staff", "applied", since=_badges.applied_at),
    _badge_waits("acceptance", "earner", "granted", since=_badges.decided_at),
).subquery("waiting")
_found = Query(select(_all).order_by(_all.c.subject_id), Waiting)


async def list_waiting(connection: Connection, before: datetime, now: datetime) -> list[Waiting]:
    """What waits since before that time."""
    return await _found.all(connection, p_before=before, p_now=now, p_today=day_of(now))
