"""When a sign-in is strong, and fresh enough (rulebook §2.3)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.domain.access import Actor, Authentication, check_fresh, check_strong
from app.domain.errors import StrongAuthenticationRequired

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def actor(authentication: Authentication) -> Actor:
    return Actor(UUID(int=1), (), authentication=authentication)


def strong(at: datetime | None) -> Actor:
    return actor(Authentication(is_strong=True, at=at, strong_acr=("high",)))


def test_an_unknown_sign_in_is_not_strong() -> None:
    with pytest.raises(StrongAuthenticationRequired) as refusal:
        check_strong(Actor(UUID(int=1), ()))
    assert refusal.value.facts == {"acr_values": []}


def test_the_refusal_of_a_weak_sign_in_names_the_strong_ones() -> None:
    with pytest.raises(StrongAuthenticationRequired) as refusal:
        check_strong(actor(Authentication(at=NOON, strong_acr=("high", "substantial"))))
    assert refusal.value.facts == {"acr_values": ["high", "substantial"]}
    check_strong(strong(None))


@pytest.mark.parametrize(
    ("authentication", "is_fresh"),
    [
        (Authentication(is_strong=True, at=NOON), True),
        # Exactly five minutes are still fresh.
        (Authentication(is_strong=True, at=NOON - timedelta(minutes=5)), True),
        (Authentication(is_strong=True, at=NOON - timedelta(minutes=5, seconds=1)), False),
        # Just now, but weakly.
        (Authentication(is_strong=False, at=NOON), False),
        # Strongly, but at an unknown time.
        (Authentication(is_strong=True, at=None), False),
    ],
)
def test_a_fresh_sign_in_is_strong_and_at_most_five_minutes_old(authentication: Authentication, is_fresh: bool) -> None:
    if is_fresh:
        check_fresh(actor(authentication), NOON)
        return
    with pytest.raises(StrongAuthenticationRequired) as refusal:
        check_fresh(actor(authentication), NOON)
    assert refusal.value.facts["max_age"] == 300


def test_an_action_may_allow_more_time() -> None:
    check_fresh(strong(NOON - timedelta(minutes=9)), NOON, minutes=10)
