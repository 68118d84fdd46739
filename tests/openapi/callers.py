"""Callers with every role, in every relation to an organisation of the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, get_args
from uuid import UUID

import psycopg
from psycopg import sql

from app.domain.access import CENTRE_ROLES, Role
from app.domain.organisations.organisations import OrganisationKind
from app.domain.people.api_keys import SCOPES
from app.domain.people.roles import fits
from app.sandbox.demo.rows import DEMO_STUDY_CENTRE
from app.sandbox.issuer import SandboxIssuer
from tests.builders import Centre
from tests.sandbox import SECRET, Sandbox

Held = tuple[str, str]
"""A role, and its relation to an organisation: `own`, `above`, `below`, `other`. It is empty if there is none."""
NOBODY: Held = ("nobody", "")


@dataclass(frozen=True)
class Caller:
    name: str
    held: Held
    authorization: str
    is_key: bool = False


@dataclass
class Callers:
    centre: Centre
    kinds: dict[UUID, OrganisationKind]
    paths: dict[UUID, list[UUID]]
    """From each organisation to the top of its tree."""
    places: dict[UUID, UUID]
    """The organisation of each row that has one, and of each person with a role."""
    _made: dict[tuple[object, ...], str] = field(default_factory=dict)

    def place_of(self, *values: Any) -> UUID | None:
        """The organisation that the values are about: the first that they name, or that a thing in them belongs to."""
        return next((self.places[each] for each in _ids_in(values) if each in self.places), None)

    def around(self, place: UUID | None) -> Iterator[Caller]:
        """Callers with every role that fits, in every relation to the place. None is about no organisation."""
        related = self._related_to(place or min(self.kinds))
        yield Caller("nobody", NOBODY, self._person(None, None))
        for role in get_args(Role):
            fitting = {relation: self._fitting(role, each) for relation, each in related.items()}
            found = {"": None} if role in CENTRE_ROLES else {name: each for name, each in fitting.items() if each}
            for relation, organisation in found.items():
                name = f"{role} {relation}".strip()
                yield Caller(name, (role, relation), self._person(role, organisation))
            nearest = next(iter(found.values()))
            yield Caller(f"former {role}", NOBODY, self._person(role, nearest, ended=True))
        for relation, organisations in related.items():
            for organisation in organisations[:1]:
                role = "main_user" if self.kinds[organisation] == "central" else "unit_manager"
                name = f"key as {role} {relation}"
                yield Caller(name, (role, relation), self._key(organisation), is_key=True)

    def _related_to(self, place: UUID) -> dict[str, list[UUID]]:
        """The organisations in each relation, of those above the nearest first."""
        path = self.paths[place]
        return {
            "own": [place],
            "above": path[1:],
            "below": [each for each, its in self.paths.items() if place in its[1:]],
            "other": [each for each, its in self.paths.items() if its[-1] != path[-1]],
        }

    def _fitting(self, role: Role, organisations: list[UUID]) -> UUID | None:
        return next((each for each in organisations if fits(role, self.kinds[each])), None)

    def _person(self, role: Role | None, organisation: UUID | None, *, ended: bool = False) -> str:
        """The `Authorization` of a person with the role, or whose role has ended."""
        if (role, organisation, ended) not in self._made:
            person = self.centre.person(role, organisation)
            if ended:
                ending = "UPDATE role_grants SET valid_until = '2001-01-01' WHERE person_id = %s"
                self.centre.owner.execute(ending, [person.id])
            self._made[role, organisation, ended] = person.client.headers["Authorization"]
        return self._made[role, organisation, ended]

    def _key(self, organisation: UUID) -> str:
        """The `Authorization` of the organisation's key with all scopes."""
        if (organisation,) not in self._made:
            body = {"organisation_id": str(organisation), "name": "Avain", "scopes": [*SCOPES], "expires_in_days": 1}
            # Staff may not give all scopes.
            [(central,)] = self.centre.rows(
                "SELECT central_organisation_id FROM organisations WHERE id = %s", organisation
            )
            made = self.centre.main_user(central).post("/v1/api-keys", body)
            assert made.status_code == 201, made.text
            self._made[organisation,] = f"Bearer {made.json()['key']}"
        return self._made[organisation,]


@contextmanager
def callers_in(sandbox: Sandbox) -> Iterator[Callers]:
    options = f"-c app.study_centre_id={DEMO_STUDY_CENTRE} -c timezone=Europe/Helsinki"
    with psycopg.connect(sandbox.database.owner, autocommit=True, options=options) as owner:
        centre = Centre(DEMO_STUDY_CENTRE, owner, sandbox.address, SandboxIssuer(SECRET))
        kinds = dict(centre.rows("SELECT id, kind FROM organisations ORDER BY id"))
        paths: dict[UUID, list[UUID]] = {each: [] for each in kinds}
        for below, above in centre.rows(
            "SELECT organisation_id, ancestor_id FROM organisation_ancestors ORDER BY distance"
        ):
            paths[below].append(above)
        yield Callers(centre, kinds, paths, {each: each for each in kinds} | _places(centre))
        for client in centre.clients:
            client.close()


def _places(centre: Centre) -> dict[UUID, UUID]:
    """The organisation of each row of a table that has them, and of what is one person's."""
    columns = centre.rows(
        "SELECT table_name, min(column_name) FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
        "AND column_name IN ('organisation_id', 'unit_id') AND EXISTS (SELECT FROM information_schema.columns ids "
        "WHERE ids.table_name = columns.table_name AND ids.column_name = 'id') GROUP BY table_name"
    )
    of_trainings = centre.rows(
        "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, "
        "table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name "
        "HAVING array_agg(column_name::text) @> '{id,training_id}' "
        "AND NOT array_agg(column_name::text) && '{organisation_id,unit_id}'"
    )
    selects = (
        [
            sql.SQL("SELECT id, {} FROM {}").format(sql.Identifier(column), sql.Identifier(table))
            for table, column in columns
        ]
        + [
            # What belongs to a training.
            sql.SQL("SELECT of_it.id, t.organisation_id FROM {} of_it JOIN trainings t ON t.id = training_id").format(
                sql.Identifier(table)
            )
            for (table,) in of_trainings
        ]
        + [
            sql.SQL("SELECT person_id, organisation_id FROM role_grants"),
            sql.SQL("SELECT o.id, g.organisation_id FROM onboardings o JOIN role_grants g ON g.id = o.role_grant_id"),
        ]
    )
    found = centre.owner.execute(sql.SQL(" UNION ALL ").join(selects)).fetchall()
    return {each: organisation for each, organisation in found if organisation}


def _ids_in(value: Any) -> Iterator[UUID]:
    """All ids in the value, those of organisations first."""
    if isinstance(value, dict):
        names = ("organisation_id", "unit_id", "parent_id", "id")
        value = [value[name] for name in sorted(value, key=lambda name: names.index(name) if name in names else 9)]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _ids_in(each)
    elif isinstance(value, str):
        with suppress(ValueError):
            yield UUID(value)
