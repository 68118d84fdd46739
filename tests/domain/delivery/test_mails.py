"""When mails leave, and what is mailed once though two events report it."""

from datetime import UTC, date, datetime, timedelta

from app.domain.delivery.mailed_events import MAILED_EVENTS
from app.domain.delivery.mails import leaves_at, next_digest, pause_after


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


def test_pauses_double_up_to_four_hours_and_never_end() -> None:
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
