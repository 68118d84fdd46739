"""The words of the documents about cost statements and about their decisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.organisations.organisations import Language
from app.domain.trainings.cost_statements import CostStatement, StatementContents
from app.domain.trainings.documents import DocumentNames
from app.domain.trainings.sessions import ends_on_of, starts_on_of
from app.domain.trainings.support import Support
from app.domain.trainings.trainings import Training
from app.texts.document_parts import (
    AMOUNT,
    Cells,
    Part,
    category_of,
    declared,
    document_words,
    euros_of,
    paragraphs_of,
    part_of,
    rows_of,
    subject_facts,
    sums_of,
    table_of,
    texts_and_table,
)
from app.texts.rendering import Facts, Texts


def statement_words(
    language: Language,
    training: Training,
    statement: CostStatement,
    contents: StatementContents,
    names: DocumentNames,
    dated_at: datetime,
) -> Mapping[str, Any]:
    """The words of a statement as it was submitted. Participants are numbers in it."""
    texts, table = texts_and_table(language, "statement")
    facts = {
        **_course_facts(training, statement, names),
        **vars(contents),
        "planned_hours": statement.planned_hours,
        "submitted_at": statement.submitted_at,
        "dated_at": dated_at,
    }
    participants = vars(contents.participants) if contents.participants else {}
    costs = [
        [[category_of(texts, cost.category)], paragraphs_of(cost.note), [euros_of(texts, cost.cents)]]
        for cost in contents.costs
    ]
    return document_words(
        texts,
        table,
        facts,
        part_of(facts=rows_of(texts, table["facts"], facts)),
        part_of(table["participants_title"], facts=rows_of(texts, table["participants"], participants)),
        part_of(table["sums_title"], table=sums_of(texts, table["sums"], table["total"], contents.costs)),
        part_of(table["costs_title"], table=table_of(table["costs"], [(1, False), (2, False), AMOUNT], costs)),
        part_of(table["income_title"], facts=rows_of(texts, table["income"], facts)),
        part_of(table["declarations_title"], items=declared(table["declarations"], contents.declarations)),
    )


def statement_decision_words(
    language: Language, training: Training, statement: CostStatement, names: DocumentNames, dated_at: datetime
) -> Mapping[str, Any]:
    """The words of the decision on a statement, with every step of the support: a voucher for the accounts (rulebook
    §3.5)."""
    texts, table = texts_and_table(language, "statement_decision")
    facts = {
        **_course_facts(training, statement, names),
        "submitted_at": statement.submitted_at,
        "decided_at": statement.decided_at,
        "decided_by": names.decided_by_name,
        "reversed_at": statement.reversed_at,
        "reversed_by": names.reversed_by_name,
        "cents": statement.support_cents or 0,
        "payment": table[statement.payment_state],
        "is_rejected": statement.state == "rejected" or None,
        "is_unsupported": not statement.supported or None,
        "is_reversed": statement.reversed_at is not None or None,
        "dated_at": dated_at,
    }
    return document_words(
        texts,
        table,
        facts,
        part_of(paragraphs=[texts.say(table["intro"], facts)]),
        part_of(table["decision_title"], facts=rows_of(texts, table["facts"], facts)),
        part_of(table["reason_title"], paragraphs=paragraphs_of(statement.reason)),
        part_of(table["noted_title"], items=[table["noted"][code] for code in statement.needs_reason]),
        part_of(
            table["reversal_title"],
            paragraphs=paragraphs_of(statement.reversal_reason),
            facts=rows_of(texts, table["reversal"], facts) if statement.reversed_at else [],
        ),
        *_calculation(texts, table, statement),
    )


def _course_facts(training: Training, statement: CostStatement, names: DocumentNames) -> dict[str, object]:
    return {
        **subject_facts(statement.reference, training.hour_type, training.name, names),
        "training_reference": training.reference,
        "year": statement.year,
        "starts_on": starts_on_of(training.sessions),
        "ends_on": ends_on_of(training.sessions),
    }


def _calculation(texts: Texts, table: Mapping[str, Any], statement: CostStatement) -> Sequence[Part]:
    """How the support came about. A statement that was rejected, or asks for none, has no calculation."""
    if statement.support is None or statement.state == "rejected" or not statement.supported:
        return []
    hours = {
        "planned_hours": statement.planned_hours,
        "held_hours": statement.hours,
        "hours": statement.support.hours,
    }
    disallowed = [
        [[category_of(texts, part.category)], paragraphs_of(part.reason), [euros_of(texts, part.cents)]]
        for part in statement.disallowed
    ]
    shapes = [(1, False), (2, False), AMOUNT]
    steps = _steps(texts, table, statement, statement.support)
    return [
        part_of(table["hours_title"], facts=rows_of(texts, table["hours"], hours)),
        part_of(table["costs_title"], table=sums_of(texts, table["costs"], table["total"], statement.costs)),
        part_of(table["disallowed_title"], table=table_of(table["disallowed"], shapes, disallowed)),
        part_of(
            table["steps_title"],
            table=table_of(table["steps"], [(1.2, False), (1.6, False), AMOUNT], steps, has_total=True),
        ),
    ]


def _steps(texts: Texts, table: Mapping[str, Any], statement: CostStatement, support: Support) -> Sequence[Cells]:
    disallowed = sum(part.cents for part in statement.disallowed)
    not_eligible = statement.costs_cents - disallowed - support.eligible_cents
    facts: Facts = {
        **vars(support),
        "year": statement.year,
        "costs_cents": statement.costs_cents,
        "disallowed_cents": disallowed or None,
        "not_eligible_cents": not_eligible if not_eligible > 0 else None,
        "other_grants_cents": statement.other_grants_cents,
        "limited_by": table["limited_by"][support.limited_by],
    }
    return [
        [[step], [texts.fill(calculation, facts)], [said]]
        for step, calculation, amount in table["step"]
        if (said := texts.choose([amount, ""], facts))
    ]
