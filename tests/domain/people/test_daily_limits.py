"""What a person may do only so often in a day."""

from datetime import datetime

import pytest

from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import RateLimited
from app.domain.people.daily_limits import check_within_limit, day_around


def test_the_twentieth_is_possible() -> None:
    check_within_limit(20, 20, datetime(2023, 3, 15, 12, tzinfo=HELSINKI))


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        pytest.param(datetime(2023, 3, 15, tzinfo=HELSINKI), 86_400, id="24 hours to wait"),
        pytest.param(datetime(2023, 3, 15, 23, 59, 59, 1, tzinfo=HELSINKI), 1, id="a part of a second is a second"),
        pytest.param(datetime(2023, 3, 26, tzinfo=HELSINKI), 23 * 3600, id="a day of 23 hours"),
        pytest.param(datetime(2023, 10, 29, tzinfo=HELSINKI), 25 * 3600, id="a day of 25 hours"),
    ],
)
def test_one_more_waits_for_midnight(now: datetime, seconds: int) -> None:
    with pytest.raises(RateLimited) as refused:
        check_within_limit(21, 20, now)
    assert refused.value.facts == {"most": 20, "retry_after": seconds, "retry_at": day_around(now)[1]}
