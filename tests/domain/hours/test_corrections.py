"""Corrections: the pool's side."""

import pytest

from app.domain.errors import PoolExceeded
from app.domain.hours.corrections import check_correction


@pytest.mark.parametrize(
    "hours",
    [
        50,  # All that the pool has.
        -10_000_000,  # The organisation has to have the hours that go back to the pool.
    ],
)
def test_a_correction_takes_up_to_all_hours_of_the_pool(hours: int) -> None:
    check_correction(50, hours)


def test_a_correction_takes_no_more_than_the_pool_has() -> None:
    with pytest.raises(PoolExceeded) as refused:
        check_correction(50, 51)
    assert refused.value.facts == {"available": 50, "asked": 51}
