"""Training strategies: what they say, who changes them, what differs and which years are followed up."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.domain.access import Actor, Place, Role, RoleGrant
from app.domain.errors import DomainError, Forbidden, Invalid, NotFound
from app.domain.trainings import strategy_follow_ups
from app.domain.trainings.strategies import (
    FigureMeasure,
    GivenTarget,
    StrategyContent,
    StrategyState,
    StrategyTarget,
    WordsMeasure,
    check_changer,
    check_complete,
    check_content,
    check_contributor,
    check_target_ids,
    check_targets,
    check_year_begun,
    comparison_of,
    targets_of,
)
from tests.builders import FOREVER

CENTRAL, UNIT = UUID(int=1), UUID(int=2)
PLACE = Place(CENTRAL, CENTRAL, frozenset({CENTRAL}))
HOURS = StrategyTarget(UUID(int=11), "Enemmän", FigureMeasure("figure", "hours_used"), 300, 2024)
BOARDS = StrategyTarget(UUID(int=12), "Osaavat", WordsMeasure("words", "Itsearviointi"), "Kaikki", 2025)
CONTENT = StrategyContent(2023, 2025, "Nyt", None, "Sitten", None, None, [HOURS, BOARDS])
GIVEN = GivenTarget(None, "Enemmän", "figure", "hours_used", None, 300, 2024)
IN_WORDS = GivenTarget(None, "Osaavat", "words", None, "Itsearviointi", "Kaikki", 2025)


def actor(role: Role, organisation_id: UUID | None = None, *, scopes: frozenset[str] | None = None) -> Actor:
    return Actor(UUID(int=9), (RoleGrant(role, organisation_id, FOREVER, None),), scopes)


def faults_of(check: Any, *arguments: Any) -> list[tuple[str, str]]:
    """The place and the code of each fault."""
    try:
        check(*arguments)
    except Invalid as refused:
        return [(fault.parameter or fault.pointer, fault.code) for fault in refused.faults]
    return []


@pytest.mark.parametrize(
    ("targets", "faults"),
    [
        ([GIVEN, IN_WORDS], []),
        ([replace(GIVEN, aim=0)], []),
        ([replace(GIVEN, aim="300")], [("/targets/0/aim", "int-type")]),
        ([GIVEN, replace(IN_WORDS, aim=1)], [("/targets/1/aim", "string-type")]),
        ([replace(GIVEN, figure=None)], [("/targets/0/measure/figure", "required")]),
        ([replace(GIVEN, words="Arvio")], [("/targets/0/measure/text", "none-required")]),
        # A figure beside a text and without one: both places are said.
        (
            [replace(IN_WORDS, figure="participants", words=None)],
            [("/targets/0/measure/figure", "none-required"), ("/targets/0/measure/text", "required")],
        ),
    ],
)
def test_a_figure_has_a_number_to_reach_and_words_have_words(
    targets: list[GivenTarget], faults: list[tuple[str, str]]
) -> None:
    assert faults_of(check_targets, targets) == faults


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (CONTENT, []),
        (replace(CONTENT, last_year=2023, first_year=2023, targets=[]), []),
        (replace(CONTENT, last_year=2022), [("/last_year", "year-order")]),
        (replace(CONTENT, first_year=2024), []),  # 2024 and 2025 are its years.
        (replace(CONTENT, last_year=2024), [("/targets/1/year", "outside-the-strategy")]),
        (
            replace(CONTENT, first_year=2026, last_year=2026),
            [("/targets/0/year", "outside-the-strategy"), ("/targets/1/year", "outside-the-strategy")],
        ),
    ],
)
def test_targets_are_of_the_years_of_the_strategy(content: StrategyContent, faults: list[tuple[str, str]]) -> None:
    assert faults_of(check_content, content) == faults


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (CONTENT, []),
        (replace(CONTENT, present_state=None), ["/present_state"]),
        (replace(CONTENT, development=None, targets=[]), ["/development", "/targets"]),
    ],
)
def test_what_is_in_force_says_what_it_must(content: StrategyContent, missing: list[str]) -> None:
    assert faults_of(check_complete, content) == [(pointer, "required") for pointer in missing]


@pytest.mark.parametrize(
    ("year", "today", "faults"),
    [
        (2023, date(2023, 1, 1), []),
        (2023, date(2022, 12, 31), [("year", "year-to-come")]),
        (2025, date(2030, 1, 1), []),
        (2022, date(2030, 1, 1), [("year", "outside-the-strategy")]),
        (2026, date(2023, 1, 1), [("year", "outside-the-strategy")]),
    ],
)
def test_a_year_is_followed_up_from_its_first_day_on(year: int, today: date, faults: list[tuple[str, str]]) -> None:
    assert faults_of(check_year_begun, CONTENT, year, today) == faults


@pytest.mark.parametrize(
    ("who", "state", "refused"),
    [
        (actor("main_user", CENTRAL), "draft", None),
        (actor("main_user", CENTRAL), "in_force", None),
        # What is in force is decided, and no key decides.
        (actor("main_user", CENTRAL, scopes=frozenset({"trainings:write"})), "draft", None),
        (actor("main_user", CENTRAL, scopes=frozenset({"trainings:write"})), "in_force", {"because": "person-only"}),
        (actor("staff"), "draft", {"roles": ["main_user"]}),
        (actor("unit_manager", UNIT), "draft", {"roles": ["main_user"]}),
        (actor("main_user", UNIT), "draft", {"roles": ["main_user"]}),
    ],
)
def test_a_main_user_changes_drafts_and_in_person_what_is_in_force(
    who: Actor, state: StrategyState, refused: dict[str, Any] | None
) -> None:
    if refused is None:
        check_changer(who, PLACE, state)
    else:
        with pytest.raises(Forbidden) as error:
            check_changer(who, PLACE, state)
        assert error.value.facts == refused


@pytest.mark.parametrize(
    ("role", "acts", "may"),
    [("staff", False, True), ("auditor", False, False), ("observer", False, False), ("unit_manager", True, True)],
)
def test_staff_and_those_who_act_in_the_tree_contribute(role: Role, acts: bool, may: bool) -> None:
    who = actor(role, None if role in ("staff", "auditor") else UNIT)
    if may:
        check_contributor(who, acts_in_tree=acts)
    else:
        with pytest.raises(Forbidden):
            check_contributor(who, acts_in_tree=acts)


def test_kept_targets_keep_their_ids_and_new_ones_get_ids() -> None:
    kept = replace(GIVEN, id=HOURS.id)
    check_target_ids([kept, IN_WORDS, IN_WORDS], CONTENT.targets)
    assert targets_of([kept, IN_WORDS], iter([UUID(int=20)])) == [HOURS, replace(BOARDS, id=UUID(int=20))]
    refused: list[tuple[list[GivenTarget], type[DomainError]]] = [
        ([kept, kept], Invalid),
        ([replace(kept, id=UUID(int=99))], NotFound),
    ]
    for targets, error in refused:
        with pytest.raises(error):
            check_target_ids(targets, CONTENT.targets)


def test_a_comparison_has_what_differs_in_the_order_of_the_strategy() -> None:
    after = replace(CONTENT, targets=[HOURS], challenges="Aika", first_year=2022)
    assert [(each.section, each.before, each.after) for each in comparison_of(CONTENT, after).sections] == [
        ("first_year", 2023, 2022),
        ("challenges", None, "Aika"),
        ("targets", [HOURS, BOARDS], [HOURS]),
    ]


@pytest.mark.parametrize(("people", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_a_small_count_of_people_is_not_shown(people: int, shown: int | None) -> None:
    assert strategy_follow_ups.shown_count(people) == shown


def test_all_targets_are_followed_with_the_figures_that_there_are() -> None:
    people = replace(HOURS, id=UUID(int=13), measure=FigureMeasure("figure", "participants"))
    content = replace(CONTENT, targets=[HOURS, people, BOARDS])
    assert strategy_follow_ups.figures_needed(content) == {"hours_used", "participants"}
    followed = strategy_follow_ups.followed_targets(
        content, {BOARDS.id: "Opittiin"}, {"hours_used": 12, "participants": None}
    )
    assert [(each.target_id, each.figure, each.learned) for each in followed] == [
        (HOURS.id, 12, None),
        (people.id, None, None),
        (BOARDS.id, None, "Opittiin"),
    ]
