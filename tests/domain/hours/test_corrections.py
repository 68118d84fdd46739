"""Corrections: the pool's side of what is there."""

import pytest

from app.domain.errors import PoolExceeded
from app.domain.hours.corrections import check_correction


@pytest.mark.parametrize(
    "hours",
    [
        50,  # All that the pool has.
        -10_000_000,  # What goes back to the pool is the organisation's to have.
    ],
)
def test_the_pool_has_what_a_correction_takes(hours: int) -> None:
    check_correction(50, hours)


def test_the_pool_does_not_have_more() -> None:
    with pytest.raises(PoolExceeded) as refused:
        check_correction(50, 51)
    assert refused.value.facts == {"available": 50, "asked": 51}
