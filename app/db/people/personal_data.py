"""Where the tables have personal data: the list that the export uses. A test checks that it is complete."""

from typing import Any
from uuid import UUID

from psycopg.rows import args_row
from sqlalchemy import ARRAY, ColumnElement, LargeBinary, Table, Uuid, any_, bindparam, false, func, or_, select

from app.db.statements import Connection, Query, columns_of
from app.db.tables import metadata
from app.domain.people.personal_data import PersonStatus, SignIn

HELD: dict[str, tuple[str, ...]] = {
    "persons": ("id", "merged_into"),
    "role_grants": ("person_id",),
    "role_applications": ("person_id",),
    "role_invitations": ("accepted_by",),
    "main_user_applications": ("applicant_id",),
    "main_user_application_signatures": ("person_id",),
    "signatories": ("person_id",),
    "onboardings": ("inductor_id",),
    "organisation_confirmations": ("person_id",),
    "contact_assignments": ("person_id",),
    "participation_claims": ("person_id",),
    "study_register_shares": ("person_id",),
    "badge_applications": ("person_id",),
    "completions": (),
    "certificates": (),
    "api_keys": ("made_by",),
    "calendar_feeds": ("person_id",),
    "email_verifications": ("person_id",),
    "mail_preferences": ("person_id",),
    "mails": ("person_id",),
    "koski_consents": ("person_id",),
    "koski_export_items": ("person_id",),
    "case_comments": ("created_by",),
    "case_attachments": ("created_by",),
    "cost_statement_attachments": ("created_by",),
    "training_model_comments": ("created_by",),
    "training_model_reviews": ("person_id",),
    "training_strategy_contributions": ("created_by",),
    "audit_entries": ("actor_id",),
}
"""By table, the columns that name the person whom a row is about. Such rows are exported completely."""
HELD_THROUGH = {
    "onboardings": ("role_grant_id", "role_grants"),
    "main_user_applications": ("signatory_id", "signatories"),
    "certificates": ("completion_id", "completions"),
}
"""By table, the column by which its rows belong to rows of another table, and are exported with those."""


OTHERS = {"actor_id", "expert_id", "handler_id", "responsible_person_id"}
"""Columns of who did, handles or is responsible for something."""


def _made_in(table: Table) -> tuple[str, ...]:
    """The columns of ids named `…_by`, and those of `OTHERS`, without those by which a row is about the person."""
    ids = (column.name for column in table.c if isinstance(column.type, Uuid))
    made = (name for name in ids if name.endswith("_by") or name in OTHERS)
    return tuple(name for name in made if name not in HELD.get(table.name, ()))


MADE: dict[str, tuple[str, ...]] = {
    table.name: names
    for table in sorted(metadata.tables.values(), key=lambda table: table.name)
    if (names := _made_in(table))
}
"""By table, the columns that name who made, decided, handles or is responsible for what is of an organisation: the
response has the numbers."""
WITHHELD = {"study_centre_id", "digest"}
"""The study centre is the same everywhere; the digest is that of a feed's secret."""

_ids = bindparam("p_ids", type_=ARRAY(Uuid))


def _named_by(table: Table, columns: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(false(), *(table.c[name] == any_(_ids) for name in columns))


def _held_by(table: Table) -> ColumnElement[bool]:
    if table.name == "completions":
        # A completion is about the learner, as long as the claim is granted.
        claims = metadata.tables["participation_claims"]
        granted = select(claims.c.participant_id).where(_held_by(claims), claims.c.state == "granted")
        return table.c.participant_id.in_(granted)
    named = _named_by(table, HELD[table.name])
    if table.name not in HELD_THROUGH:
        return named
    column, other = HELD_THROUGH[table.name]
    through = metadata.tables[other]
    return or_(named, table.c[column].in_(select(through.c.id).where(_held_by(through))))


def _rows(table: Table) -> Query[dict[str, Any]]:
    shown = [c for c in table.c if c.name not in WITHHELD and not isinstance(c.type, LargeBinary)]
    names = [column.name for column in shown]
    return Query(
        select(*shown).where(_held_by(table)).order_by(shown[0]),
        lambda *values: dict(zip(names, values, strict=True)),
    )


_held = {name: _rows(metadata.tables[name]) for name in HELD}
_columns = [metadata.tables[table].c[name] for table, names in MADE.items() for name in names]
_made = Query(
    select(*(select(func.count()).where(column == any_(_ids)).scalar_subquery() for column in _columns)),
    lambda *counts: {f"{c.table}.{c.name}": n for c, n in zip(_columns, counts, strict=True) if n},
)
_persons = metadata.tables["persons"]
_status = Query(
    select(*columns_of(PersonStatus, _persons)).where(_persons.c.id == bindparam("p_id", type_=Uuid)),
    PersonStatus,
)
_all_of: Query[UUID] = Query(select(_persons.c.id).where(_named_by(_persons, ("id", "merged_into"))))


async def find_person_status(connection: Connection, person_id: UUID) -> PersonStatus | None:
    return await _status.first(connection, p_id=person_id)


async def list_ids_of(connection: Connection, person_id: UUID) -> list[UUID]:
    """The ids of the person and of those who were merged into the person."""
    return await _all_of.all(connection, p_ids=[person_id])


async def list_sign_ins(connection: Connection, ids: list[UUID]) -> list[SignIn]:
    async with connection.cursor(row_factory=args_row(SignIn)) as cursor:
        await cursor.execute("SELECT * FROM sign_ins_of(%s)", [ids])
        return await cursor.fetchall()


async def read_held(connection: Connection, ids: list[UUID]) -> dict[str, list[dict[str, Any]]]:
    return {name: await query.all(connection, p_ids=ids) for name, query in _held.items()}


async def count_made(connection: Connection, ids: list[UUID]) -> dict[str, int]:
    """Only the columns that name the person in some row."""
    return await _made.first(connection, p_ids=ids) or {}
