"""Builders: a test has a study centre of its own, so it sees nothing of other tests.

The tables' owner writes what a test needs beforehand, without the API; what it tests goes over HTTP.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
import psycopg

from app.db.health import LEDGER_VIEWS
from app.db.hours.drawing import find_drawable
from app.db.hours.ledger import posting, posting_of
from app.db.identifiers import new_id
from app.db.statements import Connection
from app.domain.calendar.deadlines import HELSINKI, Kind, hours_year_of
from app.domain.hours.drawing import Drawable
from app.domain.hours.ledger import HourType, Transfer
from app.sandbox.issuer import SandboxIssuer
from tests.document import check_answer
from tests.server import NO_TLS

Answer = TypeVar("Answer")
FOREVER = datetime(2000, 1, 1, tzinfo=HELSINKI)


@dataclass
class Person:
    id: UUID
    client: httpx.Client
    """Sends this person's token."""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, json: Any = None, *, key: bool | str = True, **options: Any) -> httpx.Response:
        """`key`: True sends a fresh Idempotency-Key, a text that one, False none."""
        headers = dict(options.pop("headers", {}))
        if key:
            headers["Idempotency-Key"] = key if isinstance(key, str) else str(new_id())
        return self.client.post(path, json=json, headers=headers, **options)

    def put(self, path: str, json: Any, **options: Any) -> httpx.Response:
        return self.client.put(path, json=json, **options)

    def patch(self, path: str, json: Any, *, etag: str | None = None, **options: Any) -> httpx.Response:
        """`etag`: None fetches the present one first."""
        headers = {"If-Match": etag or self.get(path).headers["ETag"], "Content-Type": "application/merge-patch+json"}
        return self.client.patch(path, json=json, headers=headers | options.pop("headers", {}), **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.client.delete(path, **options)


@dataclass
class Centre:
    """An empty study centre, whose clock is set to noon of 15 March 2023."""

    id: UUID
    owner: psycopg.Connection[Any]
    """The tables' owner, who sees this study centre only."""
    address: str
    issuer: SandboxIssuer
    clients: list[httpx.Client] = field(default_factory=list)

    def clock(self, *parts: int) -> datetime:
        """Set the clock to a Finnish time: `clock(2023, 3, 13)` is that day's first second."""
        now = datetime(*parts, tzinfo=HELSINKI)  # type: ignore[arg-type,misc]  # Year, month, day and so on.
        self.clock_at(now)
        return now

    def clock_at(self, now: datetime) -> None:
        """Set the clock to a time of any zone."""
        self.owner.execute("UPDATE study_centres SET clock_at = %s", [now])

    def named_in_all(self) -> dict[str, str]:
        """Name the study centre in Swedish and English too. Return the names by their language."""
        names = {"fi": "Opintokeskus Esimerkki", "sv": "Studiecentralen Exempel", "en": "Study Centre Example"}
        self.owner.execute("UPDATE study_centres SET name = %(fi)s, name_sv = %(sv)s, name_en = %(en)s", names)
        return names

    def person(self, role: str | None = None, organisation_id: UUID | None = None) -> Person:
        """A registered person, whose email address is verified."""
        person_id = new_id()
        address = f"{person_id}@example.org"
        self.owner.execute(
            "INSERT INTO persons (id, name, email, created_at, verified_email, verified_email_key, verified_at) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [person_id, "Aino Esimerkki", address, FOREVER, address, address, FOREVER],
        )
        self.owner.execute(
            "INSERT INTO callers VALUES (%s, %s, %s, %s)",
            [self.issuer.issuer.issuer, str(person_id), self.id, person_id],
        )
        if role:
            self.grant(person_id, role, organisation_id)
        return Person(person_id, self.signed_in(person_id))

    def signed_in(self, subject: object) -> httpx.Client:
        """The person whom the issuer knows by that subject, registered or not."""
        headers = {"Authorization": f"Bearer {self.issuer.token_for(subject)}", "Accept-Language": "en"}
        client = httpx.Client(base_url=self.address, headers=headers, timeout=60, verify=NO_TLS)
        client.event_hooks = {"response": [check_answer]}
        self.clients.append(client)
        return client

    def weakly(self, person: Person) -> dict[str, str]:
        """The headers of the person's sign-in that is not strong."""
        return {"Authorization": f"Bearer {self.issuer.token_for(person.id, strong=False)}"}

    def grant(self, person_id: UUID, role: str, organisation_id: UUID | None = None) -> None:
        self.owner.execute(
            "INSERT INTO role_grants (id, person_id, role, organisation_id, valid_from) VALUES (%s, %s, %s, %s, %s)",
            [new_id(), person_id, role, organisation_id, FOREVER],
        )

    def staff(self) -> Person:
        return self.person("staff")

    def main_user(self, organisation_id: UUID) -> Person:
        return self.person("main_user", organisation_id)

    def organisation(self, parent: UUID | None = None, *, name: str | None = None, **columns: Any) -> UUID:
        """A central organisation, or an association below `parent`."""
        organisation_id = new_id()
        name = name or f"Järjestö {str(organisation_id)[-6:]}"
        row = {
            "id": organisation_id,
            "kind": "association" if parent else "central",
            "parent_id": parent,
            "central_organisation_id": self._central_of(parent) if parent else organisation_id,
            "name": name,
            "sort_key": name.lower(),
            "search_text": name.lower(),
            "active_from": date(2000, 1, 1),
            "created_at": FOREVER,
        } | columns
        names = ", ".join(row)
        marks = ", ".join(["%s"] * len(row))
        self.owner.execute(f"INSERT INTO organisations ({names}) VALUES ({marks})", list(row.values()))
        self.owner.execute(
            "INSERT INTO organisation_ancestors (organisation_id, ancestor_id, distance) "
            "SELECT %(id)s, ancestor_id, distance + 1 FROM organisation_ancestors WHERE organisation_id = %(parent)s "
            "UNION ALL SELECT %(id)s, %(id)s, 0",
            {"id": organisation_id, "parent": parent},
        )
        return organisation_id

    def _central_of(self, organisation_id: UUID) -> UUID:
        row = self.owner.execute(
            "SELECT central_organisation_id FROM organisations WHERE id = %s", [organisation_id]
        ).fetchone()
        assert row
        return UUID(str(row[0]))

    def deadline(
        self,
        kind: Kind,
        opens_on: date | None,
        closes_on: date | None,
        *,
        year: int = 2023,
        hours_year: int | None = None,
        organisation_id: UUID | None = None,
        confirmed: bool = True,
    ) -> UUID:
        deadline_id = new_id()
        self.owner.execute(
            "INSERT INTO deadlines (id, year, kind, hours_year, organisation_id, opens_on, closes_on, confirmed, "
            "created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                deadline_id,
                year,
                kind,
                hours_year if hours_year is not None else hours_year_of(kind, year),
                organisation_id,
                opens_on,
                closes_on,
                confirmed,
                FOREVER,
            ],
        )
        return deadline_id

    def change_window(self) -> None:
        """The spring window of 2023, to which the clock is set at first."""
        self.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))

    def post(
        self,
        year: int,
        *transfers: Transfer,
        cause_type: str = "test",
        cause: UUID | None = None,
        hour_type: HourType = "training",
    ) -> None:
        """Post transfers (`app.domain.hours.ledger`) through the ledger's own function. Without a `cause` there is a
        new one."""
        [(now,)] = self.rows("SELECT clock_at FROM study_centres")
        parameters = posting_of(
            year,
            cause_type,
            cause or new_id(),
            transfers,
            retry_key=new_id().bytes,
            actor_id=None,
            made_at=now,
            hour_type=hour_type,
        )
        self.owner.execute(posting.sql, parameters)

    def drawable_of(self, organisation_id: UUID, year: int, hour_type: HourType = "training") -> Drawable:
        """The hours that the organisation may draw on, as training courses will request them."""
        found = self.ask(lambda connection: find_drawable(connection, organisation_id, year, hour_type))
        assert found
        return found

    def ask(self, question: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Ask the database a question of `app.db`."""

        async def ask() -> Answer:
            info = self.owner.info
            options = f"-c app.study_centre_id={self.id}"
            async with await psycopg.AsyncConnection.connect(
                info.dsn, password=info.password, options=options
            ) as connection:
                return await question(connection)

        return asyncio.run(ask())

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self.owner.execute(statement, list(parameters)).fetchall()

    def check_ledger(self) -> None:
        """The views of promise L1 are empty."""
        for view in LEDGER_VIEWS:
            assert self.rows(f"SELECT * FROM {view}") == [], view

    def close(self, year: int) -> None:
        """Close the year as staff do, whose cost statements have ended long ago."""
        self.deadline("cost_statement", None, date(2001, 1, 18), year=2001, hours_year=year)
        answer = self.staff().post(f"/v1/hour-pools/{year}/closing")
        assert answer.status_code == 200, answer.text


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of a problem, which must be complete."""
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    # In a sandbox with an own address it is a URL.
    assert problem["type"].endswith(f"/problems/{problem['code']}")
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert problem["title"]
    assert problem["detail"]
    assert problem["code"] != "forbidden" or problem.keys() & {"roles", "because", "scope"}
    return answer.status_code, problem["code"]
