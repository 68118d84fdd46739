"""The references of the demo data: numbered by the instant at which a row was made, then by its id.

Trainings and their statements come after all others of the year, which are named in texts, and quotas of peer groups
after them.
"""

from collections import defaultdict
from itertools import count

from app.domain.calendar.deadlines import HELSINKI
from app.sandbox.demo.rows import Demo

MADE_AT = {
    "hour_proposals": "created_at",
    "hour_decisions": "decided_at",
    "supplementary_hour_requests": "submitted_at",
    "allotment_requests": "submitted_at",
    "hour_returns": "booked_at",
    "hour_corrections": "made_at",
    "main_user_applications": "created_at",
}
MADE_AFTER = {"trainings": "created_at", "cost_statements": "created_at"}
MADE_LAST = {"peer_group_quotas": "decided_at"}


def add_references(demo: Demo) -> None:
    """Number all that has a reference, in one series for each year."""
    numbers: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
    for tables in (MADE_AT, MADE_AFTER, MADE_LAST):
        made = [(row[made_at], row["id"], row) for table, made_at in tables.items() for row in demo.tables[table]]
        for at, _, row in sorted(made, key=lambda each: each[:2]):
            year = at.astimezone(HELSINKI).year
            row["reference"] = f"{year}-{next(numbers[year]):04}"
