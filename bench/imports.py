"""B1: how long an import of participants takes, from the file to the commit, against COPY of the same rows.

python -m bench.imports [ROWS ...]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.api.trainings.participant_imports import check_cells
from app.db.identifiers import new_id
from app.db.sessions import Writer
from app.db.transactions import write_down
from app.delivery.addresses import key_of
from app.documents.tables import CSV
from app.domain.access import Actor, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.services.trainings.participant_imports import import_participants
from bench.load import processor_seconds
from bench.world import SMALLEST, World, filled

ROUNDS = 9
NAMES = ("Aino Esimerkki", "Bertil Åkerlund", "Päivi Hämäläinen", "Anna-Liisa Mäki-Korhonen")
DOMAINS = ("example.org", "mail.example.com", "järjestö.example", "posti.example.net")
COLUMNS = "id, training_id, name, email, email_key, gender, under_age, created_by, created_at"


def main(sizes: list[int]) -> None:
    with filled(SMALLEST, durable=True) as (world, _, _):
        for rows in sizes:
            asyncio.run(measure(world, rows))


def people(rows: int) -> list[tuple[str, str, str, bool]]:
    genders = ("female", "male", "other", "")
    return [
        (f"{NAMES[n % 4]} {n}", f"Etunimi.Sukunimi{n}@{DOMAINS[n % 7 % 4]}", genders[n % 4], n % 9 == 0)
        for n in range(rows)
    ]


async def measure(world: World, rows: int) -> None:
    options = f"-c app.study_centre_id={world.centre_id}"
    written = people(rows)
    lines = (f"{name};{email};{gender};{str(under_age).lower()}\n" for name, email, gender, under_age in written)
    file = ("name;email;gender;under_age\n" + "".join(lines)).encode()
    service = await psycopg.AsyncConnection.connect(world.addresses.service, autocommit=True, options=options)
    admin = await psycopg.AsyncConnection.connect(
        world.addresses.admin, dbname="tuntipankki", autocommit=True, options=options
    )
    async with service, admin:
        cursor = await admin.execute("SELECT id FROM persons LIMIT 1")
        [person_id] = await cursor.fetchone() or ()
        copies, imports = [], []
        for _ in range(ROUNDS):
            copied, imported = [await add_training(admin, world, person_id) for _ in range(2)]
            text = text_of(written, copied, person_id)
            copies.append(await cost_of(copy(admin, text), admin))
            imports.append(await cost_of(read(service, world, imported, person_id, file), service))
    for kind, place in (("processor", 0), ("elapsed", 1)):
        floors, takes = ([cost[place] for cost in costs] for costs in (copies, imports))
        ratio = statistics.median(takes) / statistics.median(floors)
        print(
            f"{rows:7,} rows, {kind} time: import {statistics.median(takes) * 1e3:.0f} ms, "
            f"COPY {statistics.median(floors) * 1e3:.0f} ms, import ÷ COPY {ratio:.2f} (goal ≤ 1.5)"
        )


async def cost_of(work: Awaitable[None], connection: psycopg.AsyncConnection[Any]) -> tuple[float, float]:
    """Seconds of the processor, here and in the connection's process of the database, and seconds on the clock."""
    backend = [connection.info.backend_pid]
    began, here, there = time.perf_counter(), time.process_time(), processor_seconds(backend)
    await work
    return time.process_time() - here + processor_seconds(backend) - there, time.perf_counter() - began


def text_of(written: list[tuple[str, str, str, bool]], training_id: UUID, person_id: UUID) -> str:
    """The floor's rows, which are right and ready: COPY reads no file and checks no cell."""
    now = datetime.now(HELSINKI)
    rows = (
        (new_id(), training_id, name, email, key_of(email), gender or "\\N", under_age, person_id, now)
        for name, email, gender, under_age in written
    )
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


async def add_training(admin: psycopg.AsyncConnection[Any], world: World, person_id: UUID) -> UUID:
    training_id, central_id, now = new_id(), world.central_ids[0], datetime.now(HELSINKI)
    await admin.execute(
        "INSERT INTO trainings (id, organisation_id, central_organisation_id, year, name, search_text, declarations, "
        "hours, state, created_by, created_at) VALUES (%s, %s, %s, %s, 'Kurssi', 'kurssi', %s, 6, 'draft', %s, %s)",
        [training_id, central_id, central_id, world.year, Jsonb({}), person_id, now],
    )
    return training_id


async def copy(admin: psycopg.AsyncConnection[Any], text: str) -> None:
    async with admin.cursor().copy(f"COPY training_participants ({COLUMNS}) FROM STDIN") as copying:
        await copying.write(text)


async def read(
    service: psycopg.AsyncConnection[Any], world: World, training_id: UUID, person_id: UUID, file: bytes
) -> None:
    now = datetime.now(HELSINKI)
    grant = RoleGrant("main_user", world.central_ids[0], now - timedelta(days=1), None)
    async with service.transaction():
        writer = Writer(service, Actor.at(person_id, [grant], now), now, retry_key=b"")
        await import_participants(writer, "training", training_id, content=file, media_type=CSV, check=check_cells)
        await write_down(writer)


if __name__ == "__main__":
    main([int(rows) for rows in sys.argv[1:]] or [1_000, 10_000])
