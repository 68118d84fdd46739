"""Quotas of peer study groups: grant a batch, get and list."""

from collections.abc import Sequence

from app.db.hours.grants import find_candidates
from app.db.hours.ledger import post_transfers
from app.db.hours.peer_group_quotas import find_granted, peer_group_quotas, quotas
from app.db.hours.pools import hold_pool
from app.db.identifiers import new_id
from app.db.numbers import take_references
from app.db.sessions import Writer
from app.db.statements import insert_rows, row_of
from app.domain.access import check_staff
from app.domain.hours import grants
from app.domain.hours.grants import GrantItem
from app.domain.hours.ledger import grant
from app.domain.hours.peer_group_quotas import PeerGroupQuota, PeerGroupQuotas, check_none_own
from app.domain.hours.years import check_year_open


async def grant_quotas(writer: Writer, *, year: int, items: Sequence[GrantItem]) -> PeerGroupQuotas:
    """Grant all or none, in the same number of round trips for five hundred as for one."""
    grants.check_each_once(items)
    ids = [item.organisation_id for item in items]
    # The second of two batches waits for the pool, and then sees what the first has granted. Memberships are read
    # after the wait.
    pool = await hold_pool(writer.connection, year, "peer_group")
    candidates = await find_candidates(writer, ids)
    grants.check_in_reach(writer.actor, items, candidates)
    check_staff(writer.actor)
    check_none_own(writer.actor, items, candidates)
    by_two = any(candidate.by_two for candidate in candidates.values())
    grants.check_may_grant_quotas((item.hours for item in items), by_two=by_two)
    granted = await find_granted(writer.connection, ids, year)
    grants.check_centrals(items, candidates)
    check_year_open(year, pool.closed_at)
    grants.check_members(year, items, candidates)
    grants.check_ungranted(items, granted)
    grants.check_pool_suffices(pool.available, items)
    references = await take_references(writer, len(items))
    made = [
        PeerGroupQuota(
            id=new_id(),
            reference=reference,
            organisation_id=item.organisation_id,
            organisation_name=candidates[item.organisation_id].name,
            year=year,
            hours=item.hours,
            reason=item.reason,
            decided_by=writer.actor.person_id,
            decided_by_name=writer.actor.name,
            decided_at=writer.now,
        )
        for item, reference in zip(items, references, strict=True)
    ]
    await insert_rows(writer.connection, peer_group_quotas, [row_of(peer_group_quotas, quota) for quota in made])
    granting = [quota for quota in made if quota.hours]
    transfers = [grant(quota.organisation_id, quota.hours) for quota in granting]
    causes = [quota.id for quota in granting]
    await post_transfers(writer, year, "peer_group_quota", causes, transfers, "peer_group")
    for quota in made:
        writer.record(
            "peer-group-quota.made",
            quota.id,
            organisation_id=quota.organisation_id,
            reason=quota.reason,
            reference=quota.reference,
            year=year,
            hours=quota.hours,
        )
    return PeerGroupQuotas(made)


get_quota = quotas.get
list_quotas = quotas.page
