"""Each event that is told has its words in all three languages, and none names what the event does not say."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from app.domain.calendar.deadlines import Kind
from app.domain.delivery.mails import leaves_at, next_digest, pause_after
from app.domain.delivery.texts import EVENTS, LANGUAGES, UNKNOWN, letter_of
from app.domain.organisations.organisations import Language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", sorted(EVENTS))
def test_each_event_is_told_in_each_language_with_its_facts(event: str, language: Language) -> None:
    told = EVENTS[event]
    letter = letter_of(
        event,
        language,
        name="Aino",
        organisation="Villasukat ry",
        study_centre="Opintokeskus",
        facts=told.facts,
        reason="Varaa jäi",
    )
    written = letter.subject + letter.text + letter.day_title
    # Between two days the same sign stands, without a space before it.
    assert f" {UNKNOWN}" not in written
    assert "{" not in written
    assert "_" not in written
    assert "Aino" in letter.text
    assert "Varaa jäi" in letter.text
    assert (letter.day is not None) == (told.day is not None) == bool(letter.day_title)


def test_a_fact_that_an_event_lacks_leaves_a_gap() -> None:
    letter = letter_of(
        "hour-decision.made", "en", name="A", organisation="B", study_centre="C", facts={"hours": 1200}, reason=None
    )
    assert letter.subject == f"Decision on the hours of {UNKNOWN}"
    assert "B has been granted 1,200 teaching hours" in letter.text


def test_the_digest_leaves_at_eight_in_finland_on_days_of_any_length() -> None:
    for now, leaves in (
        ("2023-03-15T05:59:59+00:00", "2023-03-15T06:00:00+00:00"),
        ("2023-03-15T06:00:00+00:00", "2023-03-16T06:00:00+00:00"),
        # The clock goes forward in the night before the 26th.
        ("2023-03-25T12:00:00+00:00", "2023-03-26T05:00:00+00:00"),
    ):
        assert next_digest(datetime.fromisoformat(now)) == datetime.fromisoformat(leaves)


def test_what_nobody_can_turn_off_leaves_at_once() -> None:
    now = datetime.combine(date(2023, 3, 15), datetime.min.time(), UTC)
    assert leaves_at("always", "necessary", now) == now
    assert leaves_at("promptly", "necessary", now) is None


def test_pauses_double_up_to_four_hours_and_never_end() -> None:
    first = timedelta(minutes=1)
    assert [pause_after(attempts, first) for attempts in (1, 2, 3, 9, 5000)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(hours=4),
        timedelta(hours=4),
    ]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_deadline_has_its_words(kind: Kind) -> None:
    facts = {"kind": kind, "hours_year": 2024, "closes_on": "2023-03-25"}
    for language in LANGUAGES:
        told = letter_of(
            "deadline.closed", language, name="", organisation="", study_centre="", facts=facts, reason=None
        )
        assert kind not in told.subject
