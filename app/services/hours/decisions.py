"""Decisions: make a batch, get and list."""

from collections.abc import Sequence

from app.db.hours.decisions import decisions, find_decided, hour_decisions
from app.db.hours.expiring import stop_openings
from app.db.hours.grants import find_candidates
from app.db.hours.ledger import post_transfers
from app.db.hours.pools import hold_pool
from app.db.hours.proposals import find_submitted, lock_contested
from app.db.identifiers import new_id
from app.db.numbers import take_references
from app.db.sessions import Writer
from app.db.statements import insert_rows, row_of
from app.domain.access import check_staff
from app.domain.hours import decisions as rules
from app.domain.hours import grants
from app.domain.hours.decisions import DecisionItem, HourDecision, HourDecisions
from app.domain.hours.ledger import grant
from app.domain.hours.years import check_year_open
from app.services.hours.expiring import expire_proposals
from app.services.hours.proposals import decide_proposals


async def decide_hours(
    writer: Writer, *, year: int, items: Sequence[DecisionItem], by_plan: bool = False
) -> HourDecisions:
    """Decide all or none, in the same number of round trips for five hundred as for one.

    `by_plan` is for the publication of a plan, which checks itself who may publish it.
    """
    grants.check_each_once(items)
    ids = [item.organisation_id for item in items]
    # Proposals are locked first, then the pool. A request that withdraws or sends back one of them comes before this,
    # or finds it decided. The second of two batches waits for the pool, and then sees what the first has decided.
    # Proposals that are made meanwhile wait too, and then find the decision. Memberships are read after all waiting.
    await stop_openings(writer.connection, year)
    named = [item.proposal_id for item in items if item.proposal_id]
    proposals = await lock_contested(writer.connection, ids, year, named)
    submitted = await find_submitted(
        writer.connection,
        [each.id for each in proposals.values() if each.state == "submitted" and each.organisation_id in ids],
    )
    pool = await hold_pool(writer.connection, year)
    candidates = await find_candidates(writer, ids)
    rules.check_there(writer.actor, year, items, candidates, proposals)
    check_staff(writer.actor)
    rules.check_none_own(writer.actor, items, candidates, submitted)
    if not by_plan:
        by_two = any(candidate.by_two for candidate in candidates.values())
        grants.check_may_decide_alone((item.hours for item in items), by_two=by_two)
    decided = await find_decided(writer.connection, ids, year)
    grants.check_centrals(items, candidates)
    rules.check_submitted(items, proposals, decided)
    check_year_open(year, pool.closed_at)
    grants.check_members(year, items, candidates)
    grants.check_ungranted(items, decided)
    grants.check_pool_suffices(pool.available, items)
    references = await take_references(writer, len(items))
    made = []
    for item, reference in zip(items, references, strict=True):
        proposal = submitted.get(item.organisation_id)
        made.append(
            HourDecision(
                id=new_id(),
                reference=reference,
                organisation_id=item.organisation_id,
                organisation_name=candidates[item.organisation_id].name,
                year=year,
                proposal_id=proposal.id if proposal else None,
                asked=proposal.hours if proposal else None,
                hours=item.hours,
                reason=item.reason,
                decided_by=writer.actor.person_id,
                decided_by_name=writer.actor.name,
                decided_at=writer.now,
            )
        )
    await insert_rows(writer.connection, hour_decisions, [row_of(hour_decisions, decision) for decision in made])
    await decide_proposals(writer, [proposal.id for proposal in submitted.values()])
    await expire_proposals(writer, ids, year)
    granting = [decision for decision in made if decision.hours]
    transfers = [grant(decision.organisation_id, decision.hours) for decision in granting]
    await post_transfers(writer, year, "hour_decision", [decision.id for decision in granting], transfers)
    for decision in made:
        writer.record(
            "hour-decision.made",
            decision.id,
            organisation_id=decision.organisation_id,
            reason=decision.reason,
            reference=decision.reference,
            year=year,
            hours=decision.hours,
            asked=decision.asked,
            outcome=rules.outcome_of(decision.asked, decision.hours),
        )
    return HourDecisions(made)


get_decision = decisions.get
list_decisions = decisions.page
