"""Which claims end when two people turn out to be one (rulebook §3.18)."""

from datetime import datetime
from uuid import UUID

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.trainings.participation_claims import (
    ClaimState,
    ParticipationClaim,
    own_decisions_of,
    surplus_of,
)

KEPT, MERGED, STAFF = UUID(int=1), UUID(int=2), UUID(int=3)
AT = datetime(2023, 3, 15, tzinfo=HELSINKI)


def claim(
    number: int, person_id: UUID, state: ClaimState, *, by: UUID | None = None, course: int = 1
) -> ParticipationClaim:
    return ParticipationClaim(
        id=UUID(int=number),
        training_id=UUID(int=course),
        training_name="Kurssi",
        organisation_id=UUID(int=9),
        organisation_name="Marttaliitto",
        person_id=person_id,
        person_name="Aino Esimerkki",
        participant_id=UUID(int=number) if state == "granted" else None,
        state=state,
        reason=None,
        claimed_at=AT,
        decided_by=by,
        decided_by_name=None,
        decided_at=AT if state == "granted" else None,
        ended_by=None,
        ended_by_name=None,
        ended_at=None,
    )


@pytest.mark.parametrize(
    ("of_kept", "of_merged", "ended"),
    [
        ("granted", "granted", MERGED),
        ("open", "open", MERGED),
        ("granted", "open", MERGED),
        ("open", "granted", KEPT),
    ],
)
def test_one_claim_of_a_course_stays(of_kept: ClaimState, of_merged: ClaimState, ended: UUID) -> None:
    both = [claim(1, KEPT, of_kept), claim(2, MERGED, of_merged)]
    for claims in (both, both[::-1]):
        assert [each.person_id for each in surplus_of(claims, KEPT)] == [ended]


def test_claims_of_different_courses_stay() -> None:
    assert surplus_of([claim(1, KEPT, "open"), claim(2, MERGED, "open", course=2)], KEPT) == []


def test_a_claim_that_one_decided_for_the_other_ends() -> None:
    claims = [
        claim(1, KEPT, "granted", by=MERGED),
        claim(2, MERGED, "granted", by=KEPT, course=2),
        claim(3, KEPT, "granted", by=STAFF, course=3),
        claim(4, MERGED, "granted", course=4),
    ]
    assert own_decisions_of(claims, [KEPT, MERGED]) == claims[:2]
