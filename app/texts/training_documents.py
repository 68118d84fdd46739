"""The words of the documents about plans of training courses and about their decisions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.documents import DecidedChange, DocumentKind, DocumentNames
from app.domain.trainings.sessions import (
    TrainingSession,
    breakdown_of,
    ends_on_of,
    minutes_of,
    starts_on_of,
)
from app.domain.trainings.trainings import PlanException, TrainingPlan, TrainingSummary
from app.texts.rendering import LOCALES, Facts, Texts, texts_of

Cells = Sequence[Sequence[str]]
"""The cells of a row, each with its lines."""
Part = Mapping[str, Any]
AMOUNT = (0, True)
"""A column of numbers: as wide as the widest."""


def plan_words(
    language: Language,
    training: TrainingSummary,
    plan: TrainingPlan,
    names: DocumentNames,
    partners: Iterable[str],
    dated_at: datetime,
) -> Mapping[str, Any]:
    """The words of a plan as it was submitted, or as it became by a change that was approved."""
    texts, table = _texts(language, "plan")
    breakdown = breakdown_of(plan.sessions, plan.platform_hours)
    facts = {
        **_subject(training.reference, names),
        **vars(plan),
        **vars(breakdown),
        "year": training.year,
        "topic": names.topic_name or plan.topic,
        "teaching_language": plan.language and _language_name(texts, plan.language),
        "starts_on": starts_on_of(plan.sessions),
        "ends_on": ends_on_of(plan.sessions),
        "trainers": [trainer.name for trainer in plan.trainers],
        "partners": list(partners),
        "submitted_at": training.submitted_at,
        "changed_at": dated_at if dated_at != training.submitted_at else None,
        "dated_at": dated_at,
    }
    return _document(
        texts,
        table,
        facts,
        _part(facts=_rows(texts, table["facts"], facts)),
        *(_part(title, paragraphs=paragraphs_of(getattr(plan, name))) for name, title in table["texts"]),
        _part(table["sessions_title"], table=_sessions(texts, table, plan.sessions)),
        _part(table["hours_title"], facts=_rows(texts, table["hours"], facts), paragraphs=[table["hours_note"]]),
        _part(table["budget_title"], table=sums_of(texts, table["budget"], table["total"], plan.budget)),
        _part(table["declarations_title"], items=declared(table["declarations"], plan.declarations)),
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
    texts, table = _texts(language, "plan_decision")
    facts = {
        **_subject(training.reference, names),
        "name": plan.name,
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
    return _document(
        texts,
        table,
        facts,
        _part(paragraphs=[texts.say(table["intro"], facts)]),
        _part(table["decision_title"], facts=_rows(texts, table["facts"], facts)),
        _part(table["reason_title"], paragraphs=paragraphs_of(training.reason)),
        _part(
            table["exceptions_title"],
            table=table_of(
                table["exceptions"], [(1, False), (1, False), (2, False)], [_exception(texts, e) for e in exceptions]
            ),
        ),
        _part(
            table["changes_title"],
            table=table_of(
                table["changes"],
                [(0, False), (0, False), (1.3, False), AMOUNT, (1.6, False)],
                [_change(texts, change) for change in changes],
            ),
        ),
        _part(table["next_title"], items=[said for piece in table["next"] if (said := texts.say([piece], facts))]),
    )


def document_name(language: Language, kind: DocumentKind, reference: str | None, year: int) -> str:
    """The file name of a document, in ASCII."""
    texts, table = _texts(language, kind)
    return texts.fill(table["file"], {"of": reference or str(year)})


def paragraphs_of(text: str | None) -> list[str]:
    """The lines that are not empty. A document shows a line break within a text as a space."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def declared(sentences: Mapping[str, str], declarations: object) -> list[str]:
    """The sentences of what is declared."""
    return [sentence for name, sentence in sentences.items() if getattr(declarations, name)]


def table_of(
    columns: Sequence[str], shapes: Sequence[tuple[float, bool]], rows: Sequence[Cells], *, has_total: bool = False
) -> Part | None:
    """A table, unless it has no rows. The shape of a column is its share of the width, 0 for the width of its content,
    and whether it has numbers. The last row may be their total."""
    if not rows:
        return None
    return {
        "columns": columns,
        "widths": [width for width, _ in shapes],
        "numbers": [has_numbers for _, has_numbers in shapes],
        "rows": rows,
        "total": has_total,
    }


def sums_of(texts: Texts, columns: Sequence[str], total: str, costs: Iterable[Any]) -> Part | None:
    """A table of the costs of each category, in the order of their first ones, and of all."""
    sums: defaultdict[str, int] = defaultdict(int)
    for cost in costs:
        sums[cost.category] += cost.cents
    rows = [[[category_of(texts, category)], [euros_of(texts, cents)]] for category, cents in sums.items()]
    if rows:
        rows.append([[total], [euros_of(texts, sum(sums.values()))]])
    return table_of(columns, [(1, False), AMOUNT], rows, has_total=True)


def category_of(texts: Texts, category: str) -> str:
    return texts.fill("{category:word}", {"category": category})


def euros_of(texts: Texts, cents: int) -> str:
    return texts.fill("{cents:euros}", {"cents": cents})


def _texts(language: Language, kind: DocumentKind) -> tuple[Texts, Mapping[str, Any]]:
    texts = texts_of("training_documents", language)
    return texts, texts.tables[kind]


def _subject(reference: str | None, names: DocumentNames) -> dict[str, object]:
    return {"reference": reference, "organisation": names.organisation_name, "business_id": names.business_id}


def _document(texts: Texts, table: Mapping[str, Any], facts: Facts, *parts: Part) -> Mapping[str, Any]:
    return {
        "page": texts.tables["page"],
        "of": texts.tables["of"],
        "title": table["title"],
        "foot": texts.choose(table["foot"], facts),
        "made": texts.fill(table["made"], facts),
        "sections": [part for part in parts if any(part[name] for name in ("facts", "items", "paragraphs", "table"))],
    }


def _part(
    title: str | None = None,
    *,
    paragraphs: Sequence[str] = (),
    facts: Sequence[tuple[str, str]] = (),
    items: Sequence[str] = (),
    table: Part | None = None,
) -> Part:
    return {"title": title, "paragraphs": paragraphs, "facts": facts, "items": items, "table": table}


def _rows(texts: Texts, rows: Sequence[Sequence[str]], facts: Facts) -> list[tuple[str, str]]:
    said = ((name, texts.choose([value], facts)) for name, value in rows)
    return [(name, value) for name, value in said if value]


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
