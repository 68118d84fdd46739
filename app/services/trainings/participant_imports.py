"""Imports of participants: read the file, and add all its rows or none."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from app.db.sessions import Writer
from app.db.trainings import participants as questions
from app.db.trainings.participant_counts import counts_of_rows
from app.delivery.addresses import key_of
from app.documents.tables import read_table
from app.domain.errors import Fault
from app.domain.trainings import participant_imports as rules
from app.domain.trainings.participant_imports import Cells, ParticipantImport, Words
from app.domain.trainings.support_rules import Activity
from app.services.trainings.participants import check_may_write, lock_open, record
from app.texts.imports import known_by

Checked = tuple[Cells, list[Fault]]
"""The cells as they are kept, and the errors of those that are wrong, which are never kept."""


async def import_participants(
    writer: Writer,
    hour_type: Activity,
    training_id: UUID,
    *,
    content: bytes,
    media_type: str,
    check: Callable[[Cells], Checked],
) -> ParticipantImport:
    """Import the rows of a table. `check` checks each row by the rules for a single participant."""
    await check_may_write(writer, hour_type, training_id)
    # Before anything is locked, because it takes time.
    table = await read_table(content, media_type, most_rows=rules.MOST_ROWS)
    words = Words(known_by("columns"), known_by("genders"), known_by("flags"))
    cells = await asyncio.to_thread(rules.cells_of, table, words)
    kept, faults = await asyncio.to_thread(check, cells)
    keys = [None if email is None else key_of(email) for email in kept.email]
    training = await lock_open(writer, hour_type, training_id)
    known = await questions.find_keys(writer.connection, training_id)
    rules.check_rows([*faults, *rules.repeated_faults(cells.numbers, keys, known)])
    await questions.insert_participants(writer, training_id, kept, keys)
    record(writer, "imported", training, participants=len(keys))
    counts = await counts_of_rows(writer.connection, training_id)
    return ParticipantImport(len(keys), counts.of_age + counts.under_age if counts else 0, writer.now)
