"""The processes of a start are replaced as soon as they end, and end with the one that started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = """
import os, signal, sys, time
from app import processes
from app.processes import StartFailed, keep_running

def serve(give_sign):
    print(os.getpid(), flush=True)
    give_sign()
    time.sleep(600)

{}
try:
    keep_running({}, {}, grace_seconds={})
except StartFailed as failure:
    sys.exit(f"failed: {{failure}}")
"""


class Start:
    """A start whose processes print their ids."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def next_pid(self) -> int:
        assert self.process.stdout
        return int(next(line for line in self.process.stdout if line.strip().isdigit()))


@contextmanager
def started(work: str = "serve", *, count: int = 1, grace: float = 5, also: str = "") -> Iterator[Start]:
    command = [sys.executable, "-c", PROGRAM.format(also, work, count, grace)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Start(process)
        finally:
            process.kill()


def seconds_until(is_so: Callable[[], bool], longest: float = 10) -> float:
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < longest
        time.sleep(0.01)
    return time.monotonic() - began


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize("count", [1, 2])
def test_a_dead_process_is_replaced_at_once(count: int) -> None:
    with started(count=count) as start:
        pids = {start.next_pid() for _ in range(count)}
        for _ in range(3):
            began = time.monotonic()
            os.kill(pids.pop(), signal.SIGKILL)
            pids.add(start.next_pid())
            assert time.monotonic() - began < (3 if count == 1 else 2)
        start.process.terminate()
        assert start.process.wait(10) == 0
        assert all(is_gone(pid) for pid in pids)


def test_a_process_that_hangs_is_replaced() -> None:
    with started(also="processes.SILENT_SECONDS = 0.5") as start:
        assert start.next_pid() != start.next_pid()


def test_children_end_with_their_parent() -> None:
    with started(count=2) as start:
        pids = [start.next_pid(), start.next_pid()]
        start.process.kill()
        assert seconds_until(lambda: all(is_gone(pid) for pid in pids)) < 1


@pytest.mark.parametrize(
    ("ending", "how"),
    [("sys.exit(7)", "exit code 7"), ("os.kill(os.getpid(), 9)", "SIGKILL"), ("1 / 0", "exit code 1")],
)
def test_processes_that_end_before_they_serve_end_the_start(ending: str, how: str) -> None:
    with started(f"lambda give_sign: {ending}", count=2) as start:
        output, error = start.process.communicate(timeout=10)
    assert start.process.returncode == 1
    assert f"failed: The service ended 5 times in a row before it served, the last time with {how}." in error
    assert output.count("process ended") == 5


def test_processes_that_end_soon_after_they_serve_are_replaced_at_most_once_a_second() -> None:
    also = "def die(give_sign): give_sign(); print(os.getpid(), flush=True); sys.exit(1)"
    with started("die", also=also) as start:
        seen = [(start.next_pid(), time.monotonic())[1] for _ in range(7)]
    # Pauses of 0.8, 1 and 1 seconds, less what a late reading of the first one takes away.
    assert seen[-1] - seen[-4] > 2
    assert seen[2] - seen[0] < seen[-1] - seen[-3]


def test_a_process_that_does_not_stop_in_the_grace_time_is_killed() -> None:
    stubborn = "def stubborn(give_sign): signal.signal(signal.SIGTERM, signal.SIG_IGN); serve(give_sign)"
    with started("stubborn", grace=0.5, also=stubborn) as start:
        pid = start.next_pid()
        start.process.terminate()
        assert start.process.wait(10) == 0
        assert is_gone(pid)


def test_a_second_ctrl_c_does_not_wait() -> None:
    heard = 'signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"0\\n"))'
    with started("stubborn", grace=60, also=f"def stubborn(give_sign): {heard}; serve(give_sign)") as start:
        start.next_pid()
        start.process.send_signal(signal.SIGINT)
        assert start.next_pid() == 0
        start.process.send_signal(signal.SIGINT)
        assert start.process.wait(10) == 0
