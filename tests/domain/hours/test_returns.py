"""Returns: no more than is free in common."""

import pytest

from app.domain.errors import QuotaExceeded
from app.domain.hours.returns import check_return


@pytest.mark.parametrize(
    ("common", "hours"),
    [
        (150, 60),  # Example 14: quota 600, used 300, reserved 150 leave 150; 60 of them go back.
        (150, 150),  # All that is free may go back.
        (200, 200),  # Example 15: of a quota of 500 the units have 200 + 100, so 200 are in common.
    ],
)
def test_the_free_hours_of_common_may_be_returned(common: int, hours: int) -> None:
    check_return(common, hours)


@pytest.mark.parametrize(
    ("common", "hours"),
    [
        (150, 151),  # Example 14: one more than is free.
        (200, 201),  # Example 15: the 201st would be an allotment's, which has to be recalled first.
        (0, 1),  # Nothing is free.
    ],
)
def test_the_refusal_of_more_names_the_free_hours(common: int, hours: int) -> None:
    with pytest.raises(QuotaExceeded) as refused:
        check_return(common, hours)
    assert refused.value.facts == {"available": common, "asked": hours}
