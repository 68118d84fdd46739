"""Who may see participants: nobody adds themselves, and all are staff."""

from uuid import UUID, uuid4

import pytest

from app.domain.access import Actor
from app.domain.errors import Forbidden, Invalid
from app.domain.organisations.participant_readers import check_all_staff, check_readers

OWN, MERGED, SECOND, THIRD = (uuid4() for _ in range(4))
ACTOR = Actor(OWN, (), other_ids=frozenset({MERGED}))


@pytest.mark.parametrize("own", [OWN, MERGED])
def test_nobody_adds_themselves_under_any_of_their_ids(own: UUID) -> None:
    with pytest.raises(Forbidden) as refused:
        check_readers(ACTOR, [SECOND, own], [SECOND])
    assert (refused.value.pointer, refused.value.facts) == ("/person_ids/1", {"because": "own-matter"})
    check_readers(ACTOR, [SECOND, own], [own])
    check_readers(ACTOR, [SECOND], [own])


def test_nobody_is_named_twice() -> None:
    with pytest.raises(Invalid):
        check_readers(ACTOR, [SECOND, SECOND], [])


def test_all_are_staff() -> None:
    check_all_staff([SECOND], [SECOND, THIRD])
    with pytest.raises(Invalid) as refused:
        check_all_staff([SECOND, THIRD, OWN], [THIRD])
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/person_ids/0", "not-staff"),
        ("/person_ids/2", "not-staff"),
    ]
