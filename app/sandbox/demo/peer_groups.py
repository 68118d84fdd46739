"""The hours of peer study groups: pools, and the quotas of the organisations that have groups."""

from datetime import date
from random import Random

from app.domain.hours.ledger import grant, pool_change
from app.domain.organisations.membership import is_member_in
from app.sandbox.demo.hours import free_for_the_tour
from app.sandbox.demo.organisations import Central
from app.sandbox.demo.people import People
from app.sandbox.demo.rows import Demo, Posting, demo_id, office_hour
from app.sandbox.demo.training_tour import YEAR as TRAINING_YEAR

POOL = 4_000
WITH_GROUPS = 3
"""One in so many central organisations has peer groups."""


def add_peer_group_quotas(demo: Demo, centrals: list[Central], people: People, scale: int, this_year: int) -> None:
    """Add them to all years but the closed one. Who is free for the tour has no quota of 2024."""
    free = free_for_the_tour(centrals)
    for year in sorted({2023, 2024, TRAINING_YEAR, this_year - 1, this_year}):
        with_groups = [central for central in centrals[1::WITH_GROUPS] if year != 2024 or central.id not in free]
        members = [c for c in with_groups if is_member_in(year, c.active_from, c.active_until)]
        _set_pool(demo, people, year, POOL * scale)
        _grant(demo, people, year, members)


def _set_pool(demo: Demo, people: People, year: int, hours: int) -> None:
    posting = Posting(year, office_hour(date(year - 1, 9, 20), 11), "hour_pool", people.staff[0], "peer_group")
    posting.causes.append(demo_id("pool of peer groups", year))
    posting.transfers.append(pool_change(hours))
    demo.postings.append(posting)


def _grant(demo: Demo, people: People, year: int, members: list[Central]) -> None:
    """Grant all quotas of the year together."""
    staff, decided_at = people.staff[1], office_hour(date(year - 1, 11, 24))
    posting = Posting(year, decided_at, "peer_group_quota", staff, "peer_group")
    chance = Random(f"peer groups of {year}")
    for central in members:
        hours = chance.randrange(40, 200, 10)
        quota_id = demo_id("peer group quota", central.id, year, at=decided_at)
        demo.add(
            "peer_group_quotas",
            id=quota_id,
            organisation_id=central.id,
            year=year,
            hours=hours,
            reason="Kiintiö perustuu edellisen vuoden ryhmiin." if hours > 150 else None,
            decided_by=staff,
            decided_at=decided_at,
        )
        posting.causes.append(quota_id)
        posting.transfers.append(grant(central.id, hours))
    demo.postings.append(posting)
