"""The hour year (tuntivuosi): open until it is closed."""

from datetime import datetime

from app.domain.errors import YearClosed


def check_year_open(year: int, closed_at: datetime | None) -> None:
    """In a closed year all but a correction is refused (rulebook §3.13). Raises YearClosed."""
    if closed_at is not None:
        raise YearClosed(year=year, closed_at=closed_at)
