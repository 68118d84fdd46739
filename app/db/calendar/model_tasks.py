"""What training models and their versions wait for: one query for all that concerns the caller."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    SmallInteger,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.db.organisations.organisations import name_in, organisations
from app.db.paging import clock_of
from app.db.sessions import Reader
from app.db.statements import TODAY, Query, columns_of
from app.db.trainings.model_tables import training_model_reviews, training_model_versions, training_models
from app.domain.calendar.model_tasks import ModelAction, ModelTaskKind
from app.domain.organisations.organisations import Language
from app.domain.trainings.model_versions import EDITABLE_STATES

MOST_ACTIONS = 500
_models, _versions, _reviews = training_models.c, training_model_versions.c, training_model_reviews.c
_own_ids = bindparam("p_own_ids", type_=ARRAY(Uuid))
_is_main_user = _models.organisation_id == any_(bindparam("p_main_user_of", type_=ARRAY(Uuid)))
_is_of_centre = and_(bindparam("p_is_staff", type_=Boolean), ~_is_main_user)
_is_expert = and_(_is_of_centre, _models.expert_id == any_(_own_ids))
# Staff decide nothing in a matter of their own (rulebook §2.2).
_is_impartial = and_(_is_of_centre, _models.proposed_by != all_(_own_ids))
_has_not_made_version = and_(
    # The first version is begun by the screening, and is nobody's own for that.
    or_(_versions.change == "first", _versions.created_by != all_(_own_ids)),
    ~_versions.senders.bool_op("&&")(_own_ids),
)
_is_member = and_(organisations.c.active_from <= TODAY, func.coalesce(organisations.c.active_until, TODAY) >= TODAY)
OF_REVIEW = and_(
    _reviews.version_id == _versions.id, _reviews.submission == _versions.submissions, _reviews.ended_at.is_(None)
)
"""Whether the reviewer reviews the last submission of the version."""
_review = select(_reviews.id).where(OF_REVIEW).correlate(training_model_versions)
HAS_REVIEWERS = _review.exists()
WAITS_FOR_OPINION = _review.where(_reviews.opinion.is_(None)).exists()
IS_REVIEWED = and_(_versions.state == "in_review", _versions.change != "minor")
IS_AT_WORK = and_(_models.state == "accepted", or_(*(_versions.state == state for state in EDITABLE_STATES)))
_later = training_model_versions.alias("later")
IS_TO_ACTIVATE = and_(
    _models.state == "accepted",
    _versions.state == "approved",
    ~select(_later.c.id)
    .where(_later.c.model_id == _versions.model_id, _later.c.state == "in_use", _later.c.number > _versions.number)
    .correlate(training_model_versions)
    .exists(),
)
"""Whether a version is approved, and none after it is in use."""


def _actions(kind: ModelTaskKind, *conditions: Any, of_version: bool = True) -> Any:
    source = training_models.join(organisations, organisations.c.id == _models.organisation_id)
    of: dict[str, Any] = {
        "version_id": cast(null(), Uuid),
        "number": cast(null(), SmallInteger),
        "waiting_for": cast(null(), Text),
    }
    if of_version:
        source = source.join(training_model_versions, _versions.model_id == _models.id)
        of = {"version_id": _versions.id, "number": _versions.number, "waiting_for": _versions.waiting_for}
    columns = columns_of(
        ModelAction,
        training_models,
        kind=literal(kind),
        model_id=_models.id,
        organisation_name=name_in(bindparam("p_language", type_=Text)),
        **of,
    )
    return select(*columns).select_from(source).where(_is_member, *conditions)


_all = union_all(
    _actions(
        "training_model_screening",
        _models.state == "proposed",
        _is_impartial,
        of_version=False,
    ),
    _actions(
        "training_model_turn",
        IS_AT_WORK,
        or_(
            and_(_versions.waiting_for == "organisation", _is_main_user),
            and_(_versions.waiting_for == "study_centre", _is_expert),
        ),
    ),
    _actions("training_model_reviewers", IS_REVIEWED, _is_impartial, _has_not_made_version, ~HAS_REVIEWERS),
    _actions(
        "training_model_opinion",
        IS_REVIEWED,
        _is_impartial,
        _has_not_made_version,
        _review.where(_reviews.person_id == any_(_own_ids), _reviews.opinion.is_(None)).exists(),
    ),
    _actions(
        "training_model_decision",
        _versions.state == "in_review",
        _is_impartial,
        _has_not_made_version,
        or_(
            and_(_versions.change == "minor", _is_expert),
            and_(
                _versions.change != "minor",
                _review.where(_reviews.person_id == any_(_own_ids)).exists(),
                ~WAITS_FOR_OPINION,
            ),
        ),
    ),
    _actions("training_model_activation", IS_TO_ACTIVATE, _is_main_user),
).subquery("actions")
_found = Query(select(_all).order_by(_all.c.model_id, _all.c.number).limit(MOST_ACTIONS), ModelAction)


async def list_model_actions(session: Reader, language: Language) -> list[ModelAction]:
    """What waits for the caller, by the roles in force. Names of organisations are in the language."""
    return await _found.all(
        session.connection,
        p_own_ids=session.actor.own_ids,
        p_is_staff=session.actor.has("staff"),
        p_main_user_of=session.actor.organisations_of("main_user"),
        p_language=language,
        **clock_of(session),
    )
