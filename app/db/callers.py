"""Who calls: the study centre, the person or API key, and their roles."""

import json
from dataclasses import dataclass
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


async def list_study_centres(connection: Connection) -> list[UUID]:
    """All study centres with at least one known caller."""
    cursor = await connection.execute("SELECT * FROM study_centres_known() ORDER BY 1")
    return [row[0] for row in await cursor.fetchall()]


async def read_roles(connection: Connection, person_id: UUID) -> list[RoleGrant]:
    async with connection.cursor(row_factory=args_row(RoleGrant)) as cursor:
        await cursor.execute(
            "SELECT role, organisation_id, valid_from, valid_until FROM role_grants WHERE person_id = %s",
            [person_id],
        )
        return await cursor.fetchall()
