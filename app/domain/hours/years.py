"""The hour year (tuntivuosi): open until it is closed."""

from datetime import datetime

from app.domain.errors import YearClosed


def check_year_open(year: int, closed_at: datetime | None, *, pointer: str | None = None) -> None:
    """Check that the year is open: in a closed year only corrections are possible (rulebook §3.13).
    Raise YearClosed."""
    if closed_at is not None:
        raise YearClosed(pointer=pointer, year=year, closed_at=closed_at)
