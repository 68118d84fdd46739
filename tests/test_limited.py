"""The limited process: it returns bytes, and whatever a file makes it do ends with it."""

import asyncio
import time
from itertools import repeat
from pathlib import Path

import pytest

from app.limited import AT_ONCE, MOST_WAITING, LimitsReached, Overloaded, run_limited
from tests.limited_work import asleep, broken, endless, environment, greedy, joined, raising, slow, talkative


def test_the_parts_and_the_result_arrive_completely() -> None:
    parts = (b"", bytes(range(256)), b"x" * 1_000_000)
    assert asyncio.run(run_limited(joined, *parts)) == b"|".join(parts)


@pytest.mark.parametrize("work", [endless, asleep, greedy, broken, raising, talkative])
def test_harmful_work_ends_in_time_and_does_not_harm_the_service(work: object) -> None:
    began = time.monotonic()
    with pytest.raises(LimitsReached):
        asyncio.run(run_limited(work, seconds=2))  # type: ignore[arg-type]  # All of them answer bytes.
    assert time.monotonic() - began < 8


def test_the_work_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for decoders")
    assert b"SECRET_KEY" not in asyncio.run(run_limited(environment))


def test_the_event_loop_runs_meanwhile() -> None:
    async def ticks() -> int:
        working = asyncio.ensure_future(run_limited(slow, b""))
        count = 0
        while not working.done():
            await asyncio.sleep(0.01)
            count += 1
        return count

    assert asyncio.run(ticks()) > 10


def test_surplus_work_is_refused_until_places_are_free_again() -> None:
    async def crowd() -> list[object]:
        works = [run_limited(work) for work in repeat(environment, AT_ONCE + MOST_WAITING + 3)]
        return list(await asyncio.gather(*works, return_exceptions=True))

    answers = asyncio.run(crowd())
    assert sum(isinstance(answer, Overloaded) for answer in answers) == 3
    assert asyncio.run(run_limited(joined, b"a", b"b")) == b"a|b"


def test_the_work_is_done_in_any_working_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert asyncio.run(run_limited(joined, b"a")) == b"a"
