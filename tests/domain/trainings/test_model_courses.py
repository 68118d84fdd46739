"""Courses that follow a version of a training model: what it sets."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.domain.errors import NotAMember, WrongState
from app.domain.trainings.model_courses import CourseVersion, check_in_use, faults_of_fixed, with_version
from app.domain.trainings.trainings import EMPTY

TODAY = date(2023, 3, 15)
VERSION = CourseVersion(
    id=UUID(int=1),
    organisation_id=UUID(int=2),
    model_state="accepted",
    state="in_use",
    language="sv",
    active_from=date(2000, 1, 1),
    active_until=TODAY,
    goals={"fi": ["Osaa laskea", "Osaa kirjata"], "sv": ["Kan räkna"]},
    content="Talousarvio",
    methods=None,
)


@pytest.mark.parametrize(
    ("language", "goals"),
    [("fi", "Osaa laskea\nOsaa kirjata"), ("sv", "Kan räkna"), ("en", "Kan räkna"), (None, "Kan räkna")],
)
def test_goals_are_in_the_language_of_the_course_or_that_of_the_organisation(language: str | None, goals: str) -> None:
    plan = with_version(replace(EMPTY, language=language, methods="Luento"), VERSION)
    assert (plan.goals, plan.content, plan.methods) == (goals, "Talousarvio", None)


def test_only_what_is_named_and_differs_is_a_fault() -> None:
    plan = replace(EMPTY, language="fi", goals="Muu", content="Talousarvio", methods="Luento")
    named = ["goals", "content", "name"]
    assert [(each.pointer, each.code) for each in faults_of_fixed(plan, VERSION, named)] == [
        ("/goals", "fixed-by-model")
    ]
    assert faults_of_fixed(with_version(plan, VERSION), VERSION, ["goals", "content", "methods"]) == []


def test_a_version_in_use_of_a_member_is_followed() -> None:
    check_in_use(VERSION, TODAY, pointer="/model_version_id")


@pytest.mark.parametrize(
    ("more", "facts"),
    [
        ({"state": "superseded"}, {"state": "superseded", "allowed": ["in_use"]}),
        ({"state": "in_review"}, {"state": "in_review", "allowed": ["in_use"]}),
        ({"model_state": "archived"}, {"state": "archived", "allowed": ["accepted"]}),
    ],
)
def test_no_other_version_is_followed(more: dict[str, Any], facts: dict[str, Any]) -> None:
    with pytest.raises(WrongState) as refused:
        check_in_use(replace(VERSION, **more), TODAY, pointer="/model_version_id")
    assert refused.value.facts == facts
    assert refused.value.pointer == "/model_version_id"


def test_after_the_membership_nothing_is_followed() -> None:
    with pytest.raises(NotAMember):
        check_in_use(VERSION, date(2023, 3, 16), pointer="/model_version_id")
