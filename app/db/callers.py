"""Who calls: the study centre, the person or API key, and their roles."""

import json
from dataclasses import dataclass, field
from uuid import UUID

from psycopg.rows import args_row

from app.db.statements import Connection
from app.domain.access import NO_SIGN_IN, Authentication, RoleGrant


@dataclass(frozen=True)
class KeyRights:
    """The rights of an API key: it acts in one role of its organisation, limited by its scopes."""

    grant: RoleGrant
    scopes: frozenset[str]


@dataclass(frozen=True)
class PersonRights:
    """What a person acts with."""

    roles: list[RoleGrant] = field(default_factory=list)
    other_ids: list[UUID] = field(default_factory=list)
    """IDs of the records merged into the person, and of the API keys that any of them made."""


@dataclass(frozen=True)
class Caller:
    study_centre_id: UUID
    person_id: UUID
    """An API key's own id when a key calls."""
    authentication: Authentication = NO_SIGN_IN
    key: KeyRights | None = None

    @property
    def key_scope(self) -> str:
        """The owner of the caller's Idempotency-Keys."""
        return str(self.person_id)


@dataclass(frozen=True)
class Newcomer(Caller):
    """A caller who registers: Idempotency-Keys belong to the sign-in, so a retry after the success is recognised."""

    @property
    def key_scope(self) -> str:
        return json.dumps([self.authentication.issuer, self.authentication.subject])


async def find_caller(connection: Connection, issuer: str, subject: str) -> Caller | None:
    async with connection.cursor(row_factory=args_row(Caller)) as cursor:
        await cursor.execute("SELECT * FROM find_caller(%s, %s)", [issuer, subject])
        return await cursor.fetchone()


async def find_study_centre(connection: Connection, slug: str) -> UUID | None:
    """The study centre whose public addresses begin with the slug."""
    cursor = await connection.execute("SELECT find_study_centre(%s)", [slug])
    row = await cursor.fetchone()
    return row[0] if row else None


async def list_study_centres(connection: Connection) -> list[UUID]:
    """All study centres with at least one known caller."""
    cursor = await connection.execute("SELECT * FROM study_centres_known() ORDER BY 1")
    return [row[0] for row in await cursor.fetchall()]


async def read_person_rights(connection: Connection, person_id: UUID) -> PersonRights:
    cursor = await connection.execute(_PERSON_RIGHTS, {"person_id": person_id})
    rows = await cursor.fetchall()
    return PersonRights([RoleGrant(*role) for _, *role in rows if role[0]], rows[0][0])


# As enter() finds them for those who write. There is a row for each role, and one for a person without any.
_PERSON_RIGHTS = """
WITH records AS (SELECT id FROM persons WHERE id = %(person_id)s OR merged_into = %(person_id)s),
    ids AS (SELECT id FROM records UNION ALL SELECT id FROM api_keys WHERE made_by IN (SELECT id FROM records))
SELECT others.ids, g.role, g.organisation_id, g.valid_from, g.valid_until
FROM (SELECT ARRAY(SELECT id FROM ids WHERE id <> %(person_id)s) AS ids) others
LEFT JOIN role_grants g ON g.person_id = %(person_id)s
"""
