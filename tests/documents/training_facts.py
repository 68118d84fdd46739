"""Training courses for the tests of their documents."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.domain.calendar.deadlines import HELSINKI
from app.domain.trainings.cost_statements import CostStatement, StatementDeclarations
from app.domain.trainings.documents import DocumentNames
from app.domain.trainings.participants import ParticipantCounts
from app.domain.trainings.sessions import SessionPlace, TrainingSession, breakdown_of
from app.domain.trainings.support import Cost, Disallowed, Support
from app.domain.trainings.trainings import EMPTY, BudgetLine, PlanDeclarations, Trainer, Training, TrainingPlan

SUBMITTED_AT = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)
DECIDED_AT = datetime(2023, 3, 20, 9, tzinfo=HELSINKI)
NAMES = DocumentNames(
    organisation_name="Villasukat ry",
    business_id="1234567-1",
    study_centre_name="Opintokeskus Esimerkki",
    topic_name="Yhteiskunta",
    decided_by_name="Päivi Päättäjä",
)


def session_of(day: int, **more: Any) -> TrainingSession:
    """A session of six hours, so many days after the first."""
    starts_at = datetime(2023, 4, 15, 10, tzinfo=HELSINKI) + timedelta(days=day)
    place = SessionPlace("Järjestötalo", "109", "Raatihuoneenkatu 1", "13100")
    session = TrainingSession(starts_at, starts_at + timedelta(hours=6), 90, 1, [place])
    return replace(session, **more)


PLAN = replace(
    EMPTY,
    name="Järjestön talous",
    topic="society",
    target_group="Rahastonhoitajat",
    goals="Osaa laatia talousarvion.\n\nTuntee kirjanpidon perusteet.",
    content="Talousarvio ja kirjanpito",
    methods="Luento ja harjoituksia",
    mode="in_person",
    language="fi",
    sessions=[session_of(0), session_of(1, parallel_groups=2)],
    platform_hours=2,
    trainers=[Trainer("Kaisa Kuusiranta"), Trainer("Taavi Tammisto")],
    planned_participants=12,
    planned_under_age=0,
    budget=[BudgetLine("teaching_fees", 40_000), BudgetLine("venue", 9_950), BudgetLine("teaching_fees", 50)],
    declarations=PlanDeclarations(not_sold=True, no_qualification=True, cooperation_named=True),
)


def training_of(plan: TrainingPlan = PLAN, **more: Any) -> Training:
    """A training that was approved."""
    breakdown = breakdown_of(plan.sessions, plan.platform_hours)
    rest: dict[str, Any] = {
        "id": UUID(int=1),
        "reference": "2023-0123",
        "organisation_id": UUID(int=2),
        "organisation_name": NAMES.organisation_name,
        "central_organisation_id": UUID(int=2),
        "year": 2023,
        "hour_type": "training",
        "state": "approved",
        "phase": "upcoming",
        "hours": breakdown.hours,
        "starts_at": None,
        "ends_at": None,
        "plan_opens_on": None,
        "plan_closes_on": None,
        "statement_due_on": date(2023, 5, 14),
        "statement_last_on": None,
        "statement_id": None,
        "created_by": UUID(int=3),
        "created_by_name": None,
        "created_at": SUBMITTED_AT,
        "submitted_by": UUID(int=3),
        "submitted_by_name": None,
        "submitted_at": SUBMITTED_AT,
        "senders": [],
        "endorsed_by": None,
        "endorsed_by_name": None,
        "endorsed_at": None,
        "decided_by": UUID(int=4),
        "decided_by_name": "Päivi Päättäjä",
        "decided_at": DECIDED_AT,
        "decided_automatically": False,
        "reason": "Suunnitelma on hyvä.",
        "answer_by": None,
        "ended_by": None,
        "ended_by_name": None,
        "ended_at": None,
        "end_reason": None,
        "hour_breakdown": breakdown,
        "exceptions": [],
        "open_change_id": None,
        "warnings": [],
        "model": None,
    }
    return Training(**vars(plan) | rest | more)


def statement_of(**more: Any) -> CostStatement:
    """A statement that was approved."""
    costs = [
        Cost("teaching_fees", 60_000, None),
        Cost("venue", 40_000, "Järjestötalon sali"),
        Cost("other", 1_234, None),
    ]
    support = Support(
        cents=51_172,
        currency="EUR",
        hours=20,
        rate_cents=3_500,
        share_percent=55,
        eligible_cents=93_040,
        by_hours_cents=70_000,
        by_costs_cents=51_172,
        room_cents=83_040,
        limited_by="costs",
        rules_revision=1,
        final=True,
    )
    values: dict[str, Any] = {
        "id": UUID(int=5),
        "reference": "2023-0456",
        "training_id": UUID(int=1),
        "peer_group_id": None,
        "training_name": PLAN.name,
        "organisation_id": UUID(int=2),
        "organisation_name": NAMES.organisation_name,
        "central_organisation_id": UUID(int=2),
        "hour_type": "training",
        "year": 2023,
        "state": "approved",
        "supported": True,
        "planned_hours": 20,
        "used_hours": 20,
        "costs_cents": 101_234,
        "support_cents": 51_172,
        "payment_state": "payable",
        "created_by": UUID(int=3),
        "created_by_name": None,
        "created_at": SUBMITTED_AT,
        "submitted_by": UUID(int=3),
        "submitted_by_name": None,
        "submitted_at": SUBMITTED_AT,
        "senders": [],
        "decided_by": UUID(int=4),
        "decided_by_name": "Päivi Päättäjä",
        "decided_at": DECIDED_AT,
        "decided_automatically": False,
        "reason": "Myöhästymiselle oli hyvä syy.",
        "answer_by": None,
        "reversed_by": None,
        "reversed_by_name": None,
        "reversed_at": None,
        "reversal_reason": None,
        "ended_at": None,
        "hours": 22,
        "participants": ParticipantCounts(of_age=9, under_age=1, female=5, male=3, other=1),
        "costs": costs,
        "other_grants_cents": 10_000,
        "participant_fees_cents": 4_500,
        "currency": "EUR",
        "declarations": StatementDeclarations(booked=True, separable=True, other_state_support=True),
        "needs_reason": ["late", "other-state-support"],
        "disallowed": [Disallowed("venue", 6_960, "Sali oli muussa käytössä.")],
        "flags": [],
        "support": support,
    }
    return CostStatement(**values | more)
