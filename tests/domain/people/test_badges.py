"""Criteria of badges, and the bits of a status list (rulebook §3.11)."""

import gzip
from base64 import urlsafe_b64decode
from datetime import date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import CriteriaUnmet
from app.domain.people.badge_applications import (
    EarnerFacts,
    HeldRole,
    check_decision,
    judged,
    months_after,
)
from app.domain.people.badge_credentials import LIST_BITS, encoded_list, identifier_of
from app.domain.people.badge_definitions import BadgeCriterion

NOW = datetime(2023, 3, 15, 12, tzinfo=HELSINKI)
NOTHING = EarnerFacts((), None, None, None)


def held(*days: tuple[int, int | None]) -> tuple[HeldRole, ...]:
    """Roles from so many days ago until so many days ago, or without an end."""
    return tuple(
        HeldRole("main_user", NOW - timedelta(begun), None if ended is None else NOW - timedelta(ended))
        for begun, ended in days
    )


@pytest.mark.parametrize(
    ("roles", "met"),
    [
        # From 15.3.2022, 365 days ago: the twelve months are full today.
        (held((365, None)), True),
        # A day later they are not.
        (held((364, None)), False),
        # Two roles one after the other count together, 265 and 100 days.
        (held((100, None), (365, 100)), True),
        # A gap of a day begins the time again.
        (held((100, None), (365, 101)), False),
        # One that overlaps another fills the gap.
        (held((100, None), (365, 50)), True),
        # The role has ended now.
        (held((900, 0)), False),
        ((HeldRole("unit_manager", NOW - timedelta(900), None),), False),
        ((), False),
    ],
)
def test_a_role_is_held_for_months_without_a_gap(roles: tuple[HeldRole, ...], met: bool) -> None:
    facts = EarnerFacts(roles, None, None, None)
    (found,) = judged([BadgeCriterion("role_held", "main_user", 12)], facts, NOW)
    assert found.met == met
    assert (found.since is not None) == met


def test_the_other_criteria_have_their_days() -> None:
    criteria = [BadgeCriterion(kind, None, None) for kind in ("onboarding_done", "year_confirmed", "round_taken_part")]
    days = date(2023, 1, 2), date(2023, 3, 15), date(2023, 3, 16)
    found = judged(criteria, EarnerFacts((), *days), NOW)
    # The last one is tomorrow.
    assert [(one.met, one.since) for one in found] == [(True, days[0]), (True, days[1]), (False, None)]
    assert not any(one.met for one in judged(criteria, NOTHING, NOW))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
        (date(2023, 3, 15), 24, date(2025, 3, 15)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


def test_a_grant_with_unmet_criteria_names_them() -> None:
    unmet = judged([BadgeCriterion("onboarding_done", None, None)], NOTHING, NOW)
    with pytest.raises(CriteriaUnmet) as refused:
        check_decision("granted", None, unmet)
    assert refused.value.facts == {"unmet": ["onboarding_done"]}
    check_decision("granted", "Tehty paperilla", unmet)


@given(st.sets(st.integers(0, LIST_BITS - 1), max_size=20))
def test_a_status_list_has_exactly_the_bits_of_revoked_badges(revoked: set[int]) -> None:
    encoded = encoded_list(sorted(revoked))
    assert encoded[0] == "u"
    bits = gzip.decompress(urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
    assert len(bits) == LIST_BITS // 8
    # The first bit is the leftmost of the first byte.
    assert {index for index in range(LIST_BITS) if bits[index // 8] >> (7 - index % 8) & 1} == revoked


def test_an_address_is_hashed_with_its_salt() -> None:
    identifier = identifier_of("Aino@example.org", "suola")
    assert identifier["identityHash"] == "sha256$" + sha256(b"aino@example.orgsuola").hexdigest()
