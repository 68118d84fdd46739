"""Every task and every day of the yearly calendar has its title in each language."""

from typing import get_args

import pytest

from app.domain.calendar.deadlines import Kind
from app.domain.calendar.tasks import Task, TaskKind
from app.domain.organisations.organisations import Language
from app.texts.calendar import day_title, feed_name, task_title
from app.texts.rendering import LANGUAGES, texts_of
from tests.domain.calendar.test_task_calls import TASKS
from tests.texts.test_mails import check_whole

FACTS = {
    "organisation": "Marttaliitto ry",
    "year": 2024,
    "count": 1450,
    "percent": 80,
    "obstacle": "tls",
    "person": "Aino Aalto",
    "training": "Järjestön talous",
    "detail": "unit_manager",
    "model": "Yhdistyksen talous",
    "number": 2,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_task_and_every_day_has_a_title(language: Language) -> None:
    assert texts_of("calendar", language).tables["tasks"].keys() == set(get_args(TaskKind))
    titles = {task_title(language, kind, FACTS) for kind in get_args(TaskKind)}
    titles |= {day_title(language, kind, 2024, is_last) for kind in get_args(Kind) for is_last in (False, True)}
    assert len(titles) == len(get_args(TaskKind)) + 2 * len(get_args(Kind))
    for title in {*titles, feed_name(language)}:
        check_whole(title, language)
        assert title[0].isupper()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_every_title_that_the_rules_give_is_whole(task: Task) -> None:
    check_whole(task.title, "fi")


@pytest.mark.parametrize(
    ("count", "fi", "sv", "en"),
    [
        (1, "1 ehdotus odottaa", "1 förslag väntar", "1 proposal waiting"),
        (2, "2 ehdotusta odottaa", "2 förslag väntar", "2 proposals waiting"),
    ],
)
def test_waiting_proposals_are_counted(count: int, fi: str, sv: str, en: str) -> None:
    facts = {"organisation": None, "year": 2024, "count": count}
    titles = [task_title(language, "hour_decisions", facts).split("(")[1] for language in LANGUAGES]
    assert titles == [f"{fi})", f"{sv})", f"{en})"]
