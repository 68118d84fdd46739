"""Decisions on cost statements: decide one or many, and reverse an approval.

The order of locks: the trainings by their IDs and their statements, the pool, the balances of the central organisations
by their IDs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

from app.db.hours.drawing import find_used, list_departed, lock_and_find
from app.db.hours.ledger import lock_balances, post_transfers
from app.db.hours.pools import hold_pool
from app.db.sessions import Writer
from app.db.trainings import cost_statements as questions
from app.db.trainings import trainings
from app.db.trainings.support_rules import ask_rules, read_rules
from app.domain.access import Place
from app.domain.hours.drawing import Drawn, missing_of, reversals_of, settlement_of, with_reserved
from app.domain.hours.ledger import HourType, Transfer
from app.domain.lists import check_found, check_of_year, check_once
from app.domain.trainings import cost_statements as rules
from app.domain.trainings.cost_statements import CostStatement, StatementDecision
from app.domain.trainings.outcomes import answer_day_of
from app.domain.trainings.support import Support, payment_state_of, supported_hours, without_support
from app.domain.trainings.support_rules import SupportRules, check_verified
from app.domain.trainings.trainings import Training, check_decider
from app.services.trainings.cost_statements import get_statement, lock_statement, record
from app.services.trainings.reservations import Draws, drawn_on


@dataclass(frozen=True)
class _Case:
    item: StatementDecision
    training: Training
    place: Place
    statement: CostStatement
    pointer: str

    @property
    def held(self) -> int:
        return supported_hours(self.training.hours, self.statement.hours or 0)

    @property
    def reserved(self) -> int:
        """Hours that the training has to have reserved before the decision."""
        return self.held if self.item.outcome == "approved" else 0


async def decide_statement(writer: Writer, item: StatementDecision) -> CostStatement:
    rules.check_decision(item, writer.now)
    (decided,) = await _decide(writer, [item])
    return decided


async def decide_statements(writer: Writer, *, year: int, items: Sequence[StatementDecision]) -> list[CostStatement]:
    """Decide all or none."""
    check_once((item.statement_id for item in items), "/items/{}/statement_id")
    for index, item in enumerate(items):
        rules.check_decision(item, writer.now, pointer=f"/items/{index}")
    return await _decide(writer, items, year=year, pointer="/items/{}")


async def reverse_statement(writer: Writer, statement_id: UUID, *, reason: str) -> CostStatement:
    """Take an approval back: its hours are free again, or lapse if the year is closed (rulebook §3.5)."""
    training, place, statement = await lock_statement(writer, statement_id)
    check_decider(writer.actor, place, training.makers | statement.makers)
    rules.check_state(statement.state, "approved")
    if statement.support is None:
        raise RuntimeError("an approved statement has its support")
    freed = 0
    if training.supported:
        central_id = training.central_organisation_id
        # Nobody closes the year from here on, and no holder leaves.
        hour_type = training.hour_type
        pool = await hold_pool(writer.connection, training.year, hour_type)
        await lock_balances(writer.connection, training.year, central_id, hour_type)
        used = await find_used(writer.connection, training.id)
        departed = await list_departed(writer.connection, central_id, used)
        transfers = reversals_of(central_id, used, year_is_closed=pool.closed_at is not None, departed=departed)
        await post_transfers(writer, training.year, hour_type, training.id, transfers, hour_type)
        freed = sum(transfer.hours for transfer in transfers)
    await questions.change_statement(
        writer.connection,
        statement_id,
        state="reversed",
        **_kept(without_support(statement.support, "reversed"), 0),
        reversed_by=writer.actor.person_id,
        reversed_at=writer.now,
        reversal_reason=reason,
    )
    record(writer, "reversed", statement, reason=reason, freed=freed)
    return await get_statement(writer, statement_id)


async def _decide(
    writer: Writer, items: Sequence[StatementDecision], *, year: int | None = None, pointer: str = ""
) -> list[CostStatement]:
    """Decide all or none, in the order named. They are of the year; without one, of their own."""
    ids = [item.statement_id for item in items]
    seen = await questions.find_several(writer, ids)
    check_found(ids, seen, pointer=pointer and f"{pointer}/statement_id")
    year = seen[ids[0]].year if year is None else year
    cases, found = await _lock(writer, items, [seen[statement_id].cause_id for statement_id in ids], year, pointer)
    for case in cases:
        makers = case.training.makers | case.statement.makers
        check_decider(writer.actor, case.place, makers, pointer=case.pointer or None)
    check_of_year([case.statement.year for case in cases], year, f"{pointer}/statement_id")
    for case in cases:
        rules.check_state(case.statement.state, "submitted", pointer=case.pointer or None)
    for case in cases:
        rules.check_reason(case.item, rules.needed_by(case.statement, found), pointer=case.pointer)
    for case in cases:
        if case.item.outcome == "approved":
            rules.check_disallowed(case.item, case.statement.costs, pointer=case.pointer)
            check_verified(found, pointer=case.pointer or None)
    changes = {case.statement.id: _decided(writer, case, found) for case in cases}
    decided = await questions.change_statements(writer, changes)
    freed = await _settle(writer, year, [case for case in cases if case.item.outcome != "sent_back"])
    for case in cases:
        _record_decision(writer, case, changes[case.statement.id], freed)
    # What is sent back has the numbers of participants that it was submitted with.
    return [rules.estimated(decided[item.statement_id], found) for item in items]


async def _lock(
    writer: Writer, items: Sequence[StatementDecision], training_ids: Sequence[UUID], year: int, pointer: str
) -> tuple[list[_Case], SupportRules]:
    """Lock the trainings, then their statements, and return them with the rules of the year, all in one message."""
    async with writer.connection.pipeline():
        locked_trainings = await trainings.ask_locked(writer, training_ids)
        locked_statements = await questions.ask_locked(writer, [item.statement_id for item in items])
        rules_of_year = await ask_rules(writer.connection, year)
    placed = await trainings.read_locked(locked_trainings)
    statements = await questions.read_several(locked_statements)
    cases = [
        _Case(
            item,
            placed[training_id].training,
            placed[training_id].place,
            statements[item.statement_id],
            pointer.format(index),
        )
        for index, (item, training_id) in enumerate(zip(items, training_ids, strict=True))
    ]
    return cases, await read_rules(rules_of_year, year)


async def _settle(writer: Writer, year: int, cases: Sequence[_Case]) -> dict[UUID, int]:
    """Use what was held and release the rest, or release all, in one posting of each type, which travels with the
    closing statement. Return what each training has freed by that. Raise QuotaExceeded."""
    freed: dict[UUID, int] = {}
    for hour_type in get_args(HourType):
        of_type = [case for case in cases if case.training.hour_type == hour_type]
        if not of_type:
            continue
        drawn, drawable = await lock_and_find(
            writer.connection,
            year,
            hour_type,
            {case.training.central_organisation_id for case in of_type},
            cause_ids=[case.training.id for case in of_type],
            organisation_ids=drawn_on(case.training for case in of_type if case.reserved),
        )
        draws = Draws(writer, drawable)
        transfers: list[Transfer] = []
        causes: list[UUID] = []
        for case in of_type:
            moved = await _settlement_of(case, drawn.get(case.training.id, {}), draws)
            transfers += moved
            causes += [case.training.id] * len(moved)
            freed[case.training.id] = sum(each.hours for each in moved if each.kind == "release")
        await post_transfers(writer, year, hour_type, causes, transfers, hour_type, is_last=True)
    return freed


async def _settlement_of(case: _Case, drawn: Drawn, draws: Draws) -> list[Transfer]:
    missing = missing_of(drawn, case.reserved)
    reserved = await draws.reserve(case.training, missing, pointer=case.pointer) if missing else []
    settled = settlement_of(case.training.central_organisation_id, with_reserved(drawn, reserved), case.reserved)
    draws.note(settled)
    return [*reserved, *settled]


def _decided(writer: Writer, case: _Case, found: SupportRules) -> dict[str, object]:
    """Return what the decision changes."""
    item, statement = case.item, case.statement
    decided = {"decided_by": writer.actor.person_id, "decided_at": writer.now, "decided_automatically": False}
    columns: dict[str, object] = {"state": item.outcome, "reason": item.reason}
    match item.outcome:
        case "sent_back":
            columns |= {"answer_by": answer_day_of(item.answer_by, writer.now)}
        case "rejected":
            support = without_support(rules.support_for(statement, found), "rejected")
            columns |= decided | _kept(support, 0)
        case "approved":
            support = rules.support_for(statement, found, disallowed=item.disallowed, final=True)
            needed = rules.needed_by(statement, found)
            columns |= decided | _kept(support, case.held) | {"disallowed": item.disallowed, "needs_reason": needed}
    return columns


def _record_decision(writer: Writer, case: _Case, columns: dict[str, object], freed: Mapping[UUID, int]) -> None:
    item, statement = case.item, case.statement
    facts: dict[str, object] = {}
    match item.outcome:
        case "sent_back":
            facts = {"answer_by": columns["answer_by"]}
        case "rejected":
            facts = {"freed": freed[case.training.id]}
        case "approved":
            facts = {"support_cents": columns["support_cents"]}
    record(writer, item.outcome.replace("_", "-"), statement, reason=item.reason, **facts)


def _kept(support: Support, used_hours: int) -> dict[str, object]:
    return {
        "support": support,
        "support_cents": support.cents,
        "used_hours": used_hours,
        "payment_state": payment_state_of(support),
    }
