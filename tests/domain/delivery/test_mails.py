"""When mails leave, and what is mailed once though two events report it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.delivery.mailed_events import MAILED_EVENTS
from app.domain.delivery.mails import is_given_up, leaves_at, next_digest, pause_after


def test_the_digest_leaves_at_eight_in_finland_on_days_of_any_length() -> None:
    for now, leaves in (
        ("2023-03-15T05:59:59+00:00", "2023-03-15T06:00:00+00:00"),
        ("2023-03-15T06:00:00+00:00", "2023-03-16T06:00:00+00:00"),
        # The clock goes forward in the night before the 26th.
        ("2023-03-25T12:00:00+00:00", "2023-03-26T05:00:00+00:00"),
    ):
        assert next_digest(datetime.fromisoformat(now)) == datetime.fromisoformat(leaves)


def test_a_mail_that_cannot_be_turned_off_leaves_immediately() -> None:
    now = datetime.combine(date(2023, 3, 15), datetime.min.time(), UTC)
    assert leaves_at("always", "necessary", now) == now
    assert leaves_at("promptly", "necessary", now) is None


@pytest.mark.parametrize(
    ("is_permanent", "tries", "tried_for", "is_over"),
    [
        (True, 4, timedelta(minutes=7), False),
        (True, 5, timedelta(minutes=15), True),
        (False, 5, timedelta(minutes=15), False),
        # Tried every four hours at last: 36 times in five days.
        (False, 36, timedelta(days=5) - timedelta(seconds=1), False),
        (False, 37, timedelta(days=5), True),
    ],
)
def test_a_mail_is_given_up_after_five_refusals_for_good_or_five_days(
    is_permanent: bool, tries: int, tried_for: timedelta, is_over: bool
) -> None:
    assert is_given_up(is_permanent=is_permanent, tries=tries, tried_for=tried_for) == is_over


def test_pauses_double_up_to_four_hours() -> None:
    first = timedelta(minutes=1)
    assert [pause_after(attempts, first) for attempts in (1, 2, 3, 9, 5000)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
        timedelta(minutes=4),
        timedelta(hours=4),
        timedelta(hours=4),
    ]


def test_a_granted_application_is_mailed_once() -> None:
    given = MAILED_EVENTS["role-grant.given"]
    assert given.is_mailed_otherwise({"role_application_id": "1"})
    assert not given.is_mailed_otherwise({"role_application_id": None})
