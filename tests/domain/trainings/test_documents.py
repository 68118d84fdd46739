"""Which document there is of a plan, a statement and their decisions."""

from datetime import timedelta

import pytest

from app.domain.errors import NotFound
from app.domain.trainings.documents import (
    DecidedChange,
    Edition,
    plan_decision_edition,
    plan_edition,
    statement_decision_edition,
    statement_edition,
)
from tests.documents.training_facts import DECIDED_AT, SUBMITTED_AT, statement_of, training_of

LATER = DECIDED_AT + timedelta(days=1)
APPROVED = DecidedChange("approved", ["sessions"], 8, None, LATER)
REJECTED = DecidedChange("rejected", ["sessions"], 8, "Liian pitkä.", LATER)


def test_a_plan_has_a_document_for_each_submission_and_approved_change() -> None:
    assert plan_edition(training_of(), 1, []) == Edition(1, SUBMITTED_AT)
    assert plan_edition(training_of(), 2, [REJECTED]) == Edition(2, SUBMITTED_AT)
    assert plan_edition(training_of(), 2, [REJECTED, APPROVED]) == Edition(3, LATER)
    with pytest.raises(NotFound):
        plan_edition(training_of(submitted_at=None), 0, [])


def test_a_decision_has_a_document_for_each_decision_on_the_plan_and_its_changes() -> None:
    assert plan_decision_edition(training_of(), []) == Edition(1, DECIDED_AT)
    assert plan_decision_edition(training_of(), [REJECTED, APPROVED]) == Edition(3, LATER)
    with pytest.raises(NotFound):
        plan_decision_edition(training_of(decided_at=None), [])


def test_a_statement_has_a_document_for_each_submission_and_for_its_decision_and_reversal() -> None:
    assert statement_edition(statement_of(), 2) == Edition(2, SUBMITTED_AT)
    assert statement_decision_edition(statement_of()) == Edition(1, DECIDED_AT)
    assert statement_decision_edition(statement_of(reversed_at=LATER)) == Edition(2, LATER)
    with pytest.raises(NotFound):
        statement_edition(statement_of(submitted_at=None), 0)
    with pytest.raises(NotFound):
        statement_decision_edition(statement_of(decided_at=None))
