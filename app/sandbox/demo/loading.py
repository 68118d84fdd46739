"""Writes the demo data as the tables' owner, all or nothing, in one transaction."""

import json
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from graphlib import TopologicalSorter
from hashlib import sha256
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from app.db.hours.ledger import posting, posting_of
from app.db.schema import with_options
from app.db.tables import metadata
from app.domain.calendar.deadlines import HELSINKI
from app.keys.reading import Keys
from app.sandbox.demo.api_keys import add_api_keys
from app.sandbox.demo.badges import add_badges, signed_applications
from app.sandbox.demo.calendars import add_calendars, add_feeds
from app.sandbox.demo.hours import Hours
from app.sandbox.demo.koski import SOURCE, KoskiTour
from app.sandbox.demo.learning import SIGNATORY
from app.sandbox.demo.main_users import add_main_user_applications
from app.sandbox.demo.model_tour import ModelTour
from app.sandbox.demo.names import CENTRALS
from app.sandbox.demo.organisation_data import add_organisation_data
from app.sandbox.demo.organisations import UNITS, Organisations
from app.sandbox.demo.peer_groups import PeerGroups, add_peer_group_quotas
from app.sandbox.demo.people import add_people
from app.sandbox.demo.rights import add_rights
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE, Demo, Posting, demo_id
from app.sandbox.demo.strategies import add_strategies
from app.sandbox.demo.tour import add_tour

FINLAND = 10
"""The scale of all study centres of the country together, roughly."""
FIRST_GROUP = 20
COUNTED = ("trainings", "cost_statements", "hour_transfers")
"""Tables of which each row has its training counted again. The demo data count each training once."""


@lru_cache(maxsize=1)
def demo_data(scale: int, this_year: int) -> Demo:
    """The demo data. `scale` 1 is the size of a real study centre; only the years depend on the present one."""
    demo = Demo()
    demo.add(
        "study_centres",
        id=DEMO_STUDY_CENTRE,
        name="Opintokeskus Esimerkki",
        name_sv="Studiecentralen Exempel",
        name_en="Study Centre Example",
        business_id="1234567-1",
        address={"street": "Kurssikatu 1", "postal_code": "00100", "city": "Helsinki", "country": "FI"},
        website="https://www.opintokeskus.example",
        privacy_notice_url="https://www.opintokeskus.example/tietosuoja",
        participants_kept_months=24,
        slug="demo",
        koski=SOURCE,
        certificate_signatory=asdict(SIGNATORY),
    )
    centrals = Organisations(demo, scale).centrals
    people = add_people(demo, centrals)
    add_organisation_data(demo, centrals, people)
    add_calendars(demo, centrals, people, this_year)
    add_feeds(demo, people.main_users[centrals[0].id])
    Hours(demo, centrals, people, scale, this_year)
    add_tour(demo, centrals, people)
    add_peer_group_quotas(demo, centrals, people, scale, this_year)
    PeerGroups(demo, centrals, people).add(this_year)
    add_strategies(demo, centrals, people, this_year)
    demo.postings.sort(key=lambda posting: posting.made_at)
    add_api_keys(demo, centrals, people, this_year)
    add_rights(demo, centrals, people)
    add_badges(demo, people)
    add_main_user_applications(demo, centrals, people)
    ModelTour(demo, centrals, people).add()
    KoskiTour(demo, people).add()
    return demo


def load_demo(
    owner_address: str,
    keys: Callable[[], Keys],
    *,
    scale: int | None = None,
    reset: bool = False,
    lock_timeout_ms: int = 4_000,
) -> bool:
    """Fill an empty sandbox; `reset` first deletes what is there, in the same transaction. False if it was not empty.

    `keys` are those of the sandbox, which sign a badge: they are read only if it is filled. `scale` None keeps the
    present scale.

    Raises psycopg's LockNotAvailable or DeadlockDetected where running requests leave no room.
    """
    # Plans are made and kept while the ledger is small, when a scan of all of it seems cheap.
    settings = {
        "app.study_centre_id": DEMO_STUDY_CENTRE,
        "timezone": "Europe/Helsinki",
        "lock_timeout": lock_timeout_ms,
        "enable_seqscan": "off",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    with psycopg.connect(with_options(owner_address, options)) as connection:
        scale = scale or _scale_of(connection)
        demo = demo_data(scale, datetime.now(HELSINKI).year)
        if reset:
            tables = sql.SQL(", ").join(sql.Identifier(table.name) for table in metadata.sorted_tables)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
        elif connection.execute("SELECT 1 FROM study_centres").fetchone():
            return False
        _count_each(connection, "DISABLE")
        rows = demo.tables | {"badge_applications": signed_applications(demo, keys())}
        for table in _parents_first(connection, rows):
            _insert(connection, table, rows[table])
        connection.execute("SELECT restart_references()")
        _analyse(connection)
        _post(connection, demo)
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _count_each(connection, "ENABLE")
        connection.execute("SELECT recount_training(id) FROM trainings WHERE state <> 'draft'")
        _analyse(connection)
    return True


def _scale_of(connection: psycopg.Connection[Any]) -> int:
    """The present scale, by the first organisation that only the larger demo has."""
    beyond = demo_id("organisation", len(CENTRALS) + sum(1 + sum(units) for units in UNITS))
    found = connection.execute("SELECT 1 FROM organisations WHERE id = %s", [beyond]).fetchone()
    connection.commit()
    return FINLAND if found else 1


def _parents_first(connection: psycopg.Connection[Any], tables: Collection[str]) -> list[str]:
    """The tables in an order in which they can be filled, by the foreign keys between them."""
    keys = connection.execute(
        """SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
            WHERE contype = 'f' AND conrelid <> confrelid AND NOT condeferred"""
    )
    order = TopologicalSorter[str](dict.fromkeys(tables, ()))
    for table, parent in keys:
        order.add(table, parent)
    return [table for table in order.static_order() if table in tables]


def _insert(connection: psycopg.Connection[Any], table: str, rows: list[dict[str, Any]]) -> None:
    """Insert by one statement for each table, nearly as fast as COPY, which row-level security forbids."""
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in {name: None for row in rows for name in row})
    connection.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s)"
        ).format(table=sql.Identifier(table), columns=columns),
        [json.dumps(rows, default=str)],
    )


def _post(connection: psycopg.Connection[Any], demo: Demo) -> None:
    """Post by the ledger's own function, in the order of time, and close the years in between."""
    closings = {closed_at: year for year, closed_at in demo.closed_at.items()}
    ends = [number for number, posting in enumerate(demo.postings, 1) if posting.made_at in closings]
    first = 0
    for end in sorted({FIRST_GROUP, *ends, len(demo.postings)}):
        group = demo.postings[first:end]
        with connection.cursor() as cursor:
            cursor.executemany(posting.sql, [_arguments(each) for each in group])
        if year := closings.get(group[-1].made_at):
            connection.execute("SELECT close_hour_year(%s::smallint, %s)", [year, group[-1].made_at])
        if first == 0:
            _analyse(connection)
        first = end


def _count_each(connection: psycopg.Connection[Any], whether: LiteralString) -> None:
    for table in COUNTED:
        connection.execute(
            sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(
                sql.Identifier(table), sql.SQL(whether), sql.Identifier(f"{table}_counted")
            )
        )


def _analyse(connection: psycopg.Connection[Any]) -> None:
    """Count the rows, for the database's plans."""
    names = (sql.Identifier(table.name) for table in metadata.sorted_tables)
    connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(names)))


def _arguments(each: Posting) -> dict[str, object]:
    """The arguments of the posting, with ids that are the same each time."""
    arguments = posting_of(
        each.year,
        each.cause_type,
        each.causes,
        each.transfers,
        retry_key=sha256(repr(each.key).encode()).digest(),
        actor_id=each.actor_id,
        made_at=each.made_at,
        hour_type=each.hour_type,
    )
    ids = [demo_id("transfer", each.key, number, at=each.made_at) for number, _ in enumerate(each.transfers)]
    return posting.set | arguments | {"posting_ids": ids}
