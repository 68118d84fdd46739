"""What plans, their changes and cost statements wait for: one query for all that concerns the caller."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    Table,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from app.db.calendar.missing_signatures import (
    LACKS_OF_CENTRE,
    LACKS_OF_ORGANISATION,
    MISSING_OF_CENTRE,
    MISSING_OF_ORGANISATION,
)
from app.db.organisations.organisations import name_in, organisations
from app.db.organisations.participant_readers import participant_readers
from app.db.paging import below, clock_of
from app.db.people.people import in_force, persons, role_grants
from app.db.sessions import Reader
from app.db.statements import NOW, Query, columns_of
from app.db.trainings.completions_to_record import IS_TO_COMPLETE
from app.db.trainings.koski_consents import has_to_cancel
from app.db.trainings.lapsing import UNSTATED
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.statement_days import IS_STATEMENT, RULES, STATEMENT, STATEMENT_DUE_ON
from app.db.trainings.tables import cost_statements, training_changes, trainings
from app.db.trainings.writers import IN_PLACE, IS_WRITERS_GRANT
from app.domain.calendar.training_tasks import TrainingAction, TrainingTaskKind
from app.domain.organisations.organisations import Language

MOST_OF_A_KIND = 500
"""How many tasks of a kind are listed."""

_own_ids = bindparam("p_own_ids", type_=ARRAY(Uuid))
_is_staff = bindparam("p_is_staff", type_=Boolean)
_NO_ID, _NO_TEXT, _NO_DAY = cast(null(), Uuid), cast(null(), Text), cast(null(), Date)


def _held(parameter: str) -> Any:
    """Whether the training is of one of the organisations that the parameter names, or of one below them."""
    tops = any_(bindparam(parameter, type_=ARRAY(Uuid)))
    return or_(
        trainings.c.central_organisation_id == tops,
        trainings.c.organisation_id == tops,
        and_(IN_PLACE, below(trainings.c.organisation_id, tops)),
    )


_by_main_user = _held("p_main_user_of")
_by_writer = or_(
    _by_main_user,
    _held("p_unit_manager_of"),
    trainings.c.organisation_id == any_(bindparam("p_training_manager_of", type_=ARRAY(Uuid))),
)


def _is_by_others(*made: Table, by: Any = None) -> Any:
    """Staff decide nothing that they made or ever sent, and nothing of their own organisation (rulebook §2.2)."""
    makers = [each.c.created_by for each in made] + ([] if by is None else [by])
    return and_(
        _is_staff,
        ~_by_main_user,
        *(maker != all_(_own_ids) for maker in makers),
        *(~each.c.senders.bool_op("&&")(_own_ids) for each in made),
    )


def _actions(
    kind: TrainingTaskKind,
    *conditions: Any,
    part: Any = None,
    on: Any = None,
    outer: bool = False,
    reference: Any = trainings.c.reference,
    part_id: Any = _NO_ID,
    part_state: Any = _NO_TEXT,
    closes_on: Any = _NO_DAY,
    order: Any = trainings.c.id,
) -> Any:
    source = trainings.join(organisations, organisations.c.id == trainings.c.organisation_id)
    if part is not None:
        source = source.join(part, on, isouter=outer)
    if outer:
        source = source.join(RULES, true())
    columns = columns_of(
        TrainingAction,
        trainings,
        kind=literal(kind),
        training_id=trainings.c.id,
        organisation_name=name_in(bindparam("p_language", type_=Text)),
        reference=reference,
        part_id=part_id,
        part_state=part_state,
        closes_on=closes_on,
    )
    found = select(*columns).select_from(source).where(*conditions).order_by(order).limit(MOST_OF_A_KIND)
    return select(found.subquery())


# A statement that was sent back may be submitted again until its own day, which may be the later one.
_statement_closes_on = func.greatest(
    STATEMENT_DUE_ON, case((STATEMENT.c.state == "sent_back", STATEMENT.c.answer_by)), type_=Date
)
_merged = persons.alias("merged")
_responsible = func.coalesce(
    select(_merged.c.merged_into)
    .where(_merged.c.id == trainings.c.responsible_person_id)
    .correlate(trainings)
    .scalar_subquery(),
    trainings.c.responsible_person_id,
)
_has_writer = (
    select(role_grants.c.id)
    .where(role_grants.c.person_id == _responsible, in_force(NOW), IS_WRITERS_GRANT)
    .correlate(trainings, organisations)
    .exists()
)
"""Whether the responsible person writes the training now (`domain/trainings/trainings.py`)."""
_is_reader = and_(
    _is_staff,
    select(participant_readers.c.person_ids).where(participant_readers.c.person_ids.bool_op("&&")(_own_ids)).exists(),
)
"""Whether the caller is one of the staff who are named to see participants."""
_all = union_all(
    _actions(
        "training_decision",
        trainings.c.state == "submitted",
        _is_by_others(trainings),
    ),
    _actions("training_endorsement", trainings.c.state == "awaiting_main_user", _by_main_user),
    _actions(
        "training_sent_back",
        trainings.c.state == "sent_back",
        _by_writer,
        closes_on=trainings.c.answer_by,
        order=trainings.c.answer_by,
    ),
    _actions(
        "training_change_decision",
        training_changes.c.state == "submitted",
        _is_by_others(trainings, by=training_changes.c.submitted_by),
        part=training_changes,
        on=training_changes.c.training_id == trainings.c.id,
        part_id=training_changes.c.id,
        order=training_changes.c.id,
    ),
    _actions(
        "training_without_responsible",
        or_(trainings.c.state == "sent_back", and_(UNSTATED, trainings.c.ends_on.is_not(None))),
        _by_main_user,
        ~_has_writer,
    ),
    _actions("completions_to_record", IS_TO_COMPLETE, _by_writer, order=trainings.c.ends_at),
    _actions(
        "participation_claim",
        participation_claims.c.state == "open",
        _is_reader,
        participation_claims.c.person_id != all_(_own_ids),
        part=participation_claims,
        on=participation_claims.c.training_id == trainings.c.id,
        part_id=participation_claims.c.id,
        order=participation_claims.c.id,
    ),
    _actions(
        "koski_cancellation",
        _is_reader,
        has_to_cancel(trainings.c.id),
    ),
    _actions(
        "certificate_signature",
        _by_main_user,
        LACKS_OF_ORGANISATION,
        part_id=trainings.c.central_organisation_id,
        part_state=MISSING_OF_ORGANISATION,
        closes_on=trainings.c.ends_on,
    ),
    _actions(
        "study_centre_signature",
        _is_staff,
        LACKS_OF_CENTRE,
        part_id=trainings.c.study_centre_id,
        part_state=MISSING_OF_CENTRE,
        closes_on=trainings.c.ends_on,
    ),
    _actions(
        "cost_statements",
        UNSTATED,
        trainings.c.ends_at <= NOW,
        _by_writer,
        part=STATEMENT,
        on=IS_STATEMENT,
        outer=True,
        reference=func.coalesce(STATEMENT.c.reference, trainings.c.reference),
        part_id=STATEMENT.c.id,
        part_state=STATEMENT.c.state,
        closes_on=_statement_closes_on,
        order=trainings.c.ends_on,
    ),
    _actions(
        "cost_statement_decision",
        cost_statements.c.state == "submitted",
        _is_by_others(trainings, cost_statements),
        part=cost_statements,
        on=cost_statements.c.training_id == trainings.c.id,
        reference=cost_statements.c.reference,
        part_id=cost_statements.c.id,
        order=cost_statements.c.id,
    ),
).subquery("actions")
_found = Query(select(_all), TrainingAction)


async def list_training_actions(session: Reader, language: Language) -> list[TrainingAction]:
    """What waits for the caller, by the roles in force. Names of organisations are in the language."""
    return await _found.all(
        session.connection,
        p_own_ids=session.actor.own_ids,
        p_is_staff=session.actor.has("staff"),
        p_main_user_of=session.actor.organisations_of("main_user"),
        p_unit_manager_of=session.actor.organisations_of("unit_manager"),
        p_training_manager_of=session.actor.organisations_of("training_manager"),
        p_language=language,
        **clock_of(session),
    )
