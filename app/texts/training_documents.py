"""The words of the documents about plans of training courses and peer groups, and about their decisions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DecidedChange, DocumentNames
from app.domain.trainings.sessions import (
    TrainingSession,
    breakdown_of,
    ends_on_of,
    minutes_of,
    starts_on_of,
)
from app.domain.trainings.trainings import PlanException, TrainingPlan, TrainingSummary
from app.texts.document_parts import (
    AMOUNT,
    Cells,
    Part,
    declared,
    document_words,
    paragraphs_of,
    part_of,
    rows_of,
    subject_facts,
    sums_of,
    table_of,
    texts_and_table,
)
from app.texts.rendering import LOCALES, Facts, Texts


def plan_words(
    language: Language,
    training: TrainingSummary,
    plan: TrainingPlan,
    names: DocumentNames,
    partners: Iterable[str],
    dated_at: datetime,
) -> Mapping[str, Any]:
    """The words of a plan as it was submitted, or as it became by a change that was approved."""
    texts, table = texts_and_table(language, "plan")
    breakdown = breakdown_of(plan.sessions, plan.platform_hours)
    facts = {
        **subject_facts(training.reference, training.hour_type, plan.name, names),
        **vars(plan),
        **vars(breakdown),
        "year": training.year,
        "topic": names.topic_name or plan.topic,
        "model_name": names.model_name,
        "version": names.version,
        "teaching_language": plan.language and _language_name(texts, plan.language),
        "starts_on": starts_on_of(plan.sessions),
        "ends_on": ends_on_of(plan.sessions),
        "trainers": [trainer.name for trainer in plan.trainers],
        "partners": list(partners),
        "submitted_at": training.submitted_at,
        "changed_at": dated_at if dated_at != training.submitted_at else None,
        "dated_at": dated_at,
    }
    return document_words(
        texts,
        table,
        facts,
        part_of(facts=rows_of(texts, table["facts"], facts)),
        *(part_of(title, paragraphs=paragraphs_of(getattr(plan, name))) for name, title in table["texts"]),
        part_of(table["sessions_title"], table=_sessions(texts, table, plan.sessions)),
        part_of(table["hours_title"], facts=rows_of(texts, table["hours"], facts), paragraphs=[table["hours_note"]]),
        part_of(table["budget_title"], table=sums_of(texts, table["budget"], table["total"], plan.budget)),
        part_of(table["declarations_title"], items=declared(table["declarations"], plan.declarations)),
    )


def plan_decision_words(
    language: Language,
    training: TrainingSummary,
    plan: TrainingPlan,
    names: DocumentNames,
    exceptions: Sequence[PlanException],
    changes: Sequence[DecidedChange],
    dated_at: datetime,
) -> Mapping[str, Any]:
    """The words of the decision on a plan, and of those on its changes. `plan` is as it was decided."""
    texts, table = texts_and_table(language, "plan_decision")
    facts = {
        **subject_facts(training.reference, training.hour_type, plan.name, names),
        "year": training.year,
        "hours": breakdown_of(plan.sessions, plan.platform_hours).hours,
        "starts_on": starts_on_of(plan.sessions),
        "ends_on": ends_on_of(plan.sessions),
        "submitted_at": training.submitted_at,
        "decided_at": training.decided_at,
        "decided_by": names.decided_by_name,
        "statement_due_on": training.statement_due_on,
        "is_rejected": training.state == "rejected" or None,
        "is_automatic": training.decided_automatically or None,
        "is_unsupported": not plan.supported or None,
        "dated_at": dated_at,
    }
    return document_words(
        texts,
        table,
        facts,
        part_of(paragraphs=[texts.say(table["intro"], facts)]),
        part_of(table["decision_title"], facts=rows_of(texts, table["facts"], facts)),
        part_of(table["reason_title"], paragraphs=paragraphs_of(training.reason)),
        part_of(
            table["exceptions_title"],
            table=table_of(
                table["exceptions"], [(1, False), (1, False), (2, False)], [_exception(texts, e) for e in exceptions]
            ),
        ),
        part_of(
            table["changes_title"],
            table=table_of(
                table["changes"],
                [(0, False), (0, False), (1.3, False), AMOUNT, (1.6, False)],
                [_change(texts, change) for change in changes],
            ),
        ),
        part_of(table["next_title"], items=[said for piece in table["next"] if (said := texts.say([piece], facts))]),
    )


def _sessions(texts: Texts, table: Mapping[str, Any], sessions: Sequence[TrainingSession]) -> Part | None:
    shapes = [(1, False), (1, False), AMOUNT, AMOUNT, AMOUNT, (1.8, False)]
    return table_of(table["sessions"], shapes, [_session(texts, session, table["place"]) for session in sessions])


def _session(texts: Texts, session: TrainingSession, place: Sequence[str]) -> Cells:
    facts = vars(session) | {"minutes": minutes_of(session)}
    cells = ("{starts_at}", "{ends_at}", "{minutes}", "{break_minutes}", "{parallel_groups}")
    places = [_listed(texts, place, vars(each)) for each in session.places]
    return [*([texts.fill(cell, facts)] for cell in cells), places]


def _listed(texts: Texts, pieces: Sequence[str], facts: Facts) -> str:
    """The pieces whose facts are known."""
    return ", ".join(said for piece in pieces if (said := texts.choose([piece, ""], facts)))


def _exception(texts: Texts, exception: PlanException) -> Cells:
    rule = "group_name" if exception.rule == "name" else exception.rule
    until = texts.choose(["{until:day}", ""], {"until": exception.until})
    return [[texts.fill("{rule:word}", {"rule": rule})], [until], paragraphs_of(exception.reason)]


def _change(texts: Texts, change: DecidedChange) -> Cells:
    facts = vars(change)
    said = [[texts.fill(cell, facts)] for cell in ("{decided_at:day}", "{state:word}", "{changed:word}", "{hours}")]
    return [*said, paragraphs_of(change.reason)]


def _language_name(texts: Texts, code: str) -> str:
    name: str = LOCALES[texts.language].languages.get(code, code)
    return name
