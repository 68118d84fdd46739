"""A decision and hour proposals: its part of the queries in `app/db/hours/proposals.py`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest

from app.db.hours.proposals import find_submitted, lock_contested
from app.db.sessions import Writer
from app.db.statements import Connection
from app.domain.access import Actor
from app.domain.hours.decisions import LockedProposal, SubmittedProposal
from app.services.hours.proposals import decide_proposals
from app.settings import Settings
from tests.api.hours.conftest import PROPOSALS, League, league, line
from tests.builders import FOREVER

__all__ = ["league"]

Answer = TypeVar("Answer")
Service = Callable[[Callable[[Connection], Awaitable[Answer]]], Answer]


async def found(connection: Connection, organisation_ids: list[UUID], year: int) -> dict[UUID, SubmittedProposal]:
    locked = await lock_contested(connection, organisation_ids, year, [])
    return await find_submitted(connection, [each.id for each in locked.values() if each.state == "submitted"])


@pytest.fixture
def as_service(league: League, settings: Settings) -> Service[Any]:
    """Runs a query in a transaction of the service's own role, which sees this study centre."""

    def run(question: Callable[[Connection], Awaitable[Any]]) -> Any:
        async def asked() -> Any:
            options = f"-c app.study_centre_id={league.centre.id} -c lock_timeout=300ms"
            async with await psycopg.AsyncConnection.connect(settings.database_url, options=options) as connection:
                return await question(connection)

        return asyncio.run(asked())

    return run


def test_submitted_proposals_are_found_by_organisation_with_their_hours(
    league: League, as_service: Service[Any]
) -> None:
    lines = line(league.central, 300), line(league.district, 40)
    submitted = league.submitted(league.main_user, league.central, *lines)
    draft = league.centre.organisation()
    drafted = league.draft(league.centre.main_user(draft), draft)
    asked = [league.central, draft, league.centre.organisation()]
    makers = frozenset({league.main_user.id})
    expected = SubmittedProposal(UUID(submitted["id"]), league.central, 340, makers)
    assert as_service(lambda connection: found(connection, asked, 2024)) == {league.central: expected}
    assert as_service(lambda connection: found(connection, asked, 2025)) == {}
    assert as_service(lambda connection: found(connection, [], 2024)) == {}
    # A draft that is named is locked too, so that it is not submitted meanwhile.
    named = UUID(drafted["id"])
    locked = as_service(lambda connection: lock_contested(connection, [], 2024, [named]))
    assert locked == {named: LockedProposal(named, draft, 2024, "draft")}


def test_nobody_changes_a_proposal_until_the_decision_is_made(league: League, as_service: Service[None]) -> None:
    league.submitted(league.main_user, league.central)

    def another_asks(connection: Connection) -> Awaitable[Any]:
        return lock_contested(connection, [league.central], 2024, [])

    async def decide(connection: Connection) -> None:
        await lock_contested(connection, [league.central], 2024, [])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await asyncio.to_thread(as_service, another_asks)

    as_service(decide)


def test_proposals_included_in_a_decided_one_are_decided_too(league: League, as_service: Service[None]) -> None:
    source = league.submitted(league.manager, league.district)
    left_out = league.submitted(league.manager, league.association)
    target = league.draft(league.main_user, league.central)
    path = f"{PROPOSALS}/{target['id']}"
    league.main_user.post(f"{path}/inclusions", {"proposal_ids": [source["id"]]})
    league.main_user.post(f"{path}/submission")
    recorded: list[tuple[str, str]] = []

    async def decide(connection: Connection) -> None:
        writer = Writer(connection, Actor(league.main_user.id, ()), FOREVER, retry_key=b"")
        await decide_proposals(writer, [UUID(target["id"])])
        recorded.extend((record["action"], record["subject_id"]) for record in writer.records)

    as_service(decide)
    assert sorted(recorded) == sorted(("hour-proposal.decided", each["id"]) for each in (target, source))

    def state(proposal: Any) -> str:
        return str(league.main_user.get(f"{PROPOSALS}/{proposal['id']}").json()["state"])

    assert [state(proposal) for proposal in (target, source, left_out)] == ["decided", "decided", "submitted"]
    for person, action in ((league.main_user, "withdrawal"), (league.centre.staff(), "return")):
        answer = person.post(f"{path}/{action}", {"reason": "Täydennä"} if action == "return" else None)
        assert (answer.status_code, answer.json()["state"]) == (409, "decided")
