"""The ledger's one function: floors, kinds, order, retry keys, closed years; called as in the database."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.domain.hours.ledger import (
    POOL,
    STATE,
    Account,
    Holding,
    Transfer,
    TransferKind,
    correction,
    distribution,
    grant,
    hour_return,
    lapse,
    pool_change,
    recall,
    release,
    reservation,
    use,
)
from app.local.embedded_postgres import Addresses
from tests.builders import FOREVER, Centre
from tests.locks import another, until_one_waits

YEAR = 2023


@pytest.fixture
def central(centre: Centre) -> UUID:
    """An organisation with 500 of 1,000 hours."""
    central = centre.organisation()
    centre.post(YEAR, pool_change(1000), grant(central, 500))
    return central


@pytest.fixture
def unit(centre: Centre, central: UUID) -> UUID:
    """A unit with 200 of the 500."""
    unit = centre.organisation(central)
    centre.post(YEAR, distribution(central, unit, 200))
    return unit


@pytest.fixture
def other(centre: Centre, database: Addresses) -> Iterator[Centre]:
    with another(centre, database) as other:
        yield other


def parameters(*transfers: Transfer, retry_key: bytes | None = None, **changed: Any) -> dict[str, Any]:
    key = retry_key or new_id().bytes
    return {
        **posting_of(YEAR, "test", new_id(), transfers, retry_key=key, actor_id=None, made_at=FOREVER),
        **changed,
    }


def call(centre: Centre, *transfers: Transfer, **options: Any) -> None:
    centre.owner.execute(posting.sql, parameters(*transfers, **options))


def balance(centre: Centre, organisation_id: UUID) -> dict[str, int]:
    columns = ("common", "allotment", "reserved", "used", "lapsed", "returned", "allotment_lapsed")
    rows = centre.rows(f"SELECT {', '.join(columns)} FROM hour_balances WHERE organisation_id = %s", organisation_id)
    return {name: hours for name, hours in zip(columns, rows[0], strict=True) if hours}


def test_each_kind_moves_its_hours(centre: Centre, central: UUID, unit: UUID) -> None:
    for transfers in (
        [recall(central, unit, 20)],  # Allotment 200 − 20 = 180, common 300 + 20 = 320.
        [reservation(central, unit, 80), reservation(central, central, 50)],  # 100 and 270 stay free.
        [use(central, unit, 60), release(central, unit, 20)],  # Allotment 100 + 20 = 120.
        [hour_return(central, 70)],  # Common 270 − 70 = 200, pool 500 + 70 = 570.
        [correction(central, 5, year_is_closed=False)],  # Common 205, pool 565.
        [correction(central, -15, year_is_closed=False)],  # Common 190, pool 580.
        [release(central, central, 50)],  # Common 240.
        [lapse(central, unit, 120), lapse(central, central, 240)],  # 360 lapsed, 120 of them the unit's.
        [pool_change(-80)],  # Pool 500.
    ):
        call(centre, *transfers)
    assert balance(centre, unit) == {"used": 60, "allotment_lapsed": 120}
    assert balance(centre, central) == {"lapsed": 360, "returned": 70}
    assert centre.rows("SELECT state, pool, returned FROM hour_pools") == [(-920, 500, 70)]


class Tree(NamedTuple):
    central: UUID
    unit: UUID
    newcomer: UUID
    """A central organisation that was never granted anything: it has no balance yet."""


@pytest.mark.parametrize(
    ("move", "account", "available", "asked"),
    [
        (lambda tree: grant(tree.central, 501), "pool", 500, 501),
        (lambda _: pool_change(-501), "pool", 500, 501),
        (lambda tree: hour_return(tree.central, 301), "common", 300, 301),
        (lambda tree: distribution(tree.central, tree.unit, 301), "common", 300, 301),
        (lambda tree: recall(tree.central, tree.unit, 201), "allotment", 200, 201),
        (lambda tree: reservation(tree.central, tree.unit, 201), "allotment", 200, 201),
        (lambda tree: release(tree.central, tree.unit, 1), "reserved", 0, 1),
        (lambda tree: use(tree.central, tree.central, 1), "reserved", 0, 1),
        (lambda tree: correction(tree.central, -301, year_is_closed=False), "common", 300, 301),
        (lambda tree: hour_return(tree.newcomer, 1), "common", 0, 1),
    ],
)
def test_no_account_falls_below_nothing(
    centre: Centre,
    central: UUID,
    unit: UUID,
    move: Callable[[Tree], Transfer],
    account: str,
    available: int,
    asked: int,
) -> None:
    before = centre.rows("SELECT * FROM hour_balances ORDER BY organisation_id")
    with pytest.raises(psycopg.DatabaseError, match="overdrawn") as refused:
        call(centre, move(Tree(central, unit, centre.organisation())))
    assert refused.value.sqlstate == "TP001"
    facts = json.loads(refused.value.diag.message_detail or "")
    assert (facts["account"], facts["available"], facts["asked"]) == (account, available, asked)
    assert centre.rows("SELECT * FROM hour_balances ORDER BY organisation_id") == before


def test_all_transfers_of_a_set_are_posted_or_none(centre: Centre, central: UUID, unit: UUID) -> None:
    with pytest.raises(psycopg.DatabaseError) as refused:
        call(centre, recall(central, unit, 100), distribution(central, centre.organisation(central), 401))
    assert json.loads(refused.value.diag.message_detail or "")["transfer"] == 1
    assert balance(centre, unit) == {"allotment": 200}
    call(centre, recall(central, unit, 100), distribution(central, centre.organisation(central), 400))


def test_hours_recalled_in_a_set_can_be_allotted_later_in_it(centre: Centre, central: UUID, unit: UUID) -> None:
    given = distribution(central, centre.organisation(central), 400)
    with pytest.raises(psycopg.DatabaseError, match="overdrawn"):
        call(centre, given, recall(central, unit, 100))
    call(centre, recall(central, unit, 100), given)


KINDS: dict[TransferKind, set[tuple[Account, Account]]] = {
    "pool": {("state", "pool"), ("pool", "state")},
    "grant": {("pool", "common")},
    "supplementary_grant": {("pool", "common")},
    "distribution": {("common", "allotment")},
    "recall": {("allotment", "common")},
    "return": {("common", "pool")},
    "reservation": {("common", "reserved"), ("allotment", "reserved")},
    "release": {("reserved", "common"), ("reserved", "allotment")},
    "use": {("reserved", "used")},
    "lapse": {("common", "lapsed"), ("allotment", "lapsed")},
    "correction": {("pool", "common"), ("common", "pool")},
}
ACCOUNTS: tuple[Account, ...] = ("state", "pool", "common", "allotment", "reserved", "used", "lapsed")


def test_a_kind_moves_hours_between_its_own_accounts_only(centre: Centre, central: UUID, unit: UUID) -> None:
    """Every kind between every two accounts of the central organisation's and the unit's: all others are refused."""
    centre.post(YEAR, reservation(central, central, 50), reservation(central, unit, 50))
    holdings = [
        STATE if account == "state" else POOL if account == "pool" else Holding(account, holder)
        for account in ACCOUNTS
        for holder in ((None,) if account in ("state", "pool") else (central, unit))
    ]
    taken = set()
    for kind in KINDS:
        for source in holdings:
            for target in holdings:
                transfer = Transfer(kind, 1, None if kind == "pool" else central, source, target)
                try:
                    with centre.owner.transaction(force_rollback=True):
                        call(centre, transfer)
                except psycopg.Error:
                    continue
                taken.add((kind, source, target))
    accounts = {(kind, source.account, target.account) for kind, source, target in taken}
    assert accounts == {(kind, *pair) for kind, pairs in KINDS.items() for pair in pairs}
    for kind, source, target in taken:
        for holding in (source, target):
            if holding.account in ("common", "lapsed"):
                assert holding.organisation_id == central
            if holding.account == "allotment":
                assert holding.organisation_id == unit
        if kind in ("reservation", "release", "use"):
            assert source.organisation_id == target.organisation_id


@pytest.mark.parametrize("hours", [0, -1])
def test_a_transfer_moves_hours_above_nothing(centre: Centre, central: UUID, hours: int) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        call(centre, hour_return(central, 1), posting_hours=[hours])


def test_holders_are_named_in_ascending_order_and_once(centre: Centre, central: UUID, unit: UUID) -> None:
    moved = recall(central, unit, 1)
    for wrong in ([unit, central], [central, central, unit]):
        with pytest.raises(psycopg.errors.RaiseException, match="ascending order"):
            call(centre, moved, posting_holder_ids=wrong, posting_holder_central_ids=[central] * len(wrong))


def test_a_holder_that_was_not_named_is_not_moved(centre: Centre, central: UUID) -> None:
    newcomer = centre.organisation(central)
    with pytest.raises(psycopg.errors.RaiseException, match="was not locked"):
        call(
            centre,
            distribution(central, newcomer, 1),
            posting_holder_ids=[central],
            posting_holder_central_ids=[central],
        )


def test_a_retry_key_is_looked_up_before_the_balances(centre: Centre, central: UUID) -> None:
    """A copy of the request that took all hours, or whose year has been closed since, finds that it was done."""
    call(centre, hour_return(central, 500), retry_key=b"k" * 32)
    for hours in (500, 1):
        with pytest.raises(psycopg.errors.UniqueViolation, match="has posted before"):
            call(centre, hour_return(central, hours), retry_key=b"k" * 32)
    assert balance(centre, central) == {"returned": 500}
    centre.owner.execute("SELECT close_hour_year(%s::smallint, %s)", [YEAR, FOREVER])
    with pytest.raises(psycopg.errors.UniqueViolation, match="has posted before"):
        call(centre, hour_return(central, 500), retry_key=b"k" * 32)


def test_only_one_of_two_simultaneous_postings_with_one_key_is_made(
    centre: Centre, other: Centre, central: UUID
) -> None:
    with ThreadPoolExecutor() as threads:
        with other.owner.transaction():
            call(other, hour_return(central, 100), retry_key=b"k" * 32)
            second = threads.submit(call, centre, hour_return(central, 100), retry_key=b"k" * 32)
            until_one_waits(other)
        with pytest.raises(psycopg.errors.UniqueViolation) as refused:
            second.result()
    assert refused.value.diag.constraint_name == "hour_transfers_posted_once"
    assert balance(centre, central) == {"common": 400, "returned": 100}


def test_only_lapsed_hours_are_corrected_in_a_closed_year(centre: Centre, central: UUID, unit: UUID) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="nothing has lapsed"):
        call(centre, correction(central, 1, year_is_closed=True))
    centre.post(YEAR, lapse(central, unit, 200), lapse(central, central, 300))
    centre.owner.execute("SELECT close_hour_year(%s::smallint, %s)", [YEAR, FOREVER])
    newcomer = centre.organisation()
    for transfer in (
        pool_change(1),
        grant(central, 1),
        grant(newcomer, 1),
        distribution(central, unit, 1),
        recall(central, unit, 1),
        reservation(central, unit, 1),
        hour_return(central, 1),
        lapse(central, unit, 1),
        correction(central, 1, year_is_closed=False),
    ):
        with pytest.raises(psycopg.DatabaseError, match="closed") as refused:
            call(centre, transfer)
        assert refused.value.sqlstate == "TP002"
        assert json.loads(refused.value.diag.message_detail or "")["year"] == YEAR
    call(centre, correction(central, -500, year_is_closed=True), correction(newcomer, 7, year_is_closed=True))
    assert (balance(centre, central), balance(centre, newcomer)) == ({}, {"lapsed": 7})


def test_a_year_with_free_hours_cannot_be_closed(centre: Centre, central: UUID) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        centre.owner.execute("SELECT close_hour_year(%s::smallint, %s)", [YEAR, FOREVER])
    assert refused.value.diag.constraint_name == "hour_balances_nothing_free_when_closed"
    assert balance(centre, central) == {"common": 500}


def test_each_transfer_may_have_its_own_cause(centre: Centre, central: UUID) -> None:
    causes = [new_id(), new_id()]
    call(centre, grant(central, 1), grant(central, 2), posting_cause_id=None, posting_cause_ids=causes)
    assert centre.rows("SELECT cause_id FROM hour_transfers ORDER BY position DESC LIMIT 2") == [
        (causes[1],),
        (causes[0],),
    ]


def test_many_postings_across_each_other_neither_deadlock_nor_lose_an_hour(centre: Centre, database: Addresses) -> None:
    """Four threads push hours to and fro between the pool, two central organisations and their units, in all orders."""
    centrals = [centre.organisation() for _ in range(2)]
    units = [(central, centre.organisation(central)) for central in centrals * 2]
    centre.post(YEAR, pool_change(1000), *(grant(central, 300) for central in centrals))

    def push(turn: int) -> None:
        with another(centre, database) as mine:
            for step in range(40):
                central, unit = units[(turn + step) % len(units)]
                opposite = centrals[(turn + step + 1) % 2]
                mine.post(YEAR, distribution(central, unit, 3), reservation(central, unit, 2))
                mine.post(YEAR, release(central, unit, 2), recall(central, unit, 3))
                mine.post(YEAR, hour_return(central, 1), grant(opposite, 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(push, range(4)))
    assert centre.rows("SELECT sum(common), sum(allotment), sum(reserved) FROM hour_balances") == [(600, 0, 0)]
    assert centre.rows("SELECT pool, returned FROM hour_pools") == [(400, 160)]


def test_a_return_does_not_wait_for_a_decision(centre: Centre, other: Centre, central: UUID) -> None:
    """A decision holds the pool from when it reads it; returns need its row only while they commit."""
    with other.owner.transaction():
        other.owner.execute("SELECT hold_hour_pool(%s::smallint)", [YEAR])
        centre.owner.execute("SET lock_timeout = '2s'")
        centre.post(YEAR, hour_return(central, 10))
        other.post(YEAR, grant(central, 510))  # 500 were left, and 10 came back.
    assert balance(centre, central) == {"common": 500 - 10 + 510, "returned": 10}


def test_of_two_who_take_from_the_pool_the_second_sees_what_the_first_left(
    centre: Centre, other: Centre, central: UUID
) -> None:
    hold = "SELECT pool FROM hold_hour_pool(%s::smallint)"
    with ThreadPoolExecutor() as threads:
        with other.owner.transaction():
            other.owner.execute(hold, [YEAR])
            second = threads.submit(centre.rows, hold, YEAR)
            until_one_waits(other)
            other.post(YEAR, grant(central, 400))
        assert second.result() == [(100,)]


def test_all_who_move_the_pool_go_on_together(centre: Centre, database: Addresses) -> None:
    """Grants, returns, changes of the pool, distributions and a closing that is given up: nobody deadlocks."""
    central = centre.organisation()
    unit = centre.organisation(central)
    centre.post(YEAR, pool_change(10_000), grant(central, 5_000))
    until = time.monotonic() + 2

    def grants(mine: Centre) -> None:
        mine.owner.execute("SELECT hold_hour_pool(%s::smallint)", [YEAR])
        mine.post(YEAR, grant(central, 2), correction(central, -1, year_is_closed=False))

    def returns(mine: Centre) -> None:
        mine.post(YEAR, hour_return(central, 1))

    def sets(mine: Centre) -> None:
        mine.owner.execute("SELECT lock_hour_pool(%s::smallint)", [YEAR])
        mine.post(YEAR, pool_change(1))

    def distributes(mine: Centre) -> None:
        mine.owner.execute("SELECT lock_hour_balances(%s::smallint, %s)", [YEAR, central])
        mine.post(YEAR, distribution(central, unit, 1))

    def closes(mine: Centre) -> None:
        mine.owner.execute("SELECT lock_hour_year(%s::smallint)", [YEAR])

    def repeat(act: Callable[[Centre], None]) -> int:
        times = 0
        with another(centre, database) as mine:
            while time.monotonic() < until:
                with mine.owner.transaction():
                    act(mine)
                times += 1
        return times

    with ThreadPoolExecutor() as threads:
        granted, returned, set_, distributed, closed, again = threads.map(
            repeat, [grants, returns, sets, distributes, closes, returns]
        )
    assert closed
    [(pool,)] = centre.rows("SELECT pool FROM hour_pools")
    assert pool == 5_000 - granted + returned + again + set_
    assert balance(centre, unit) == {"allotment": distributed}
