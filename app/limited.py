"""Runs a function of ours on bytes from outside, in a process with little time, little memory and no secrets.

A hostile file does its harm in the decoder: it loops, swallows memory, or breaks the process. Here that process is a
child that can be killed, that knows nothing of the environment, and that can return only bytes.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO

AT_ONCE = 2
MOST_WAITING = 4
"""A waiting request occupies a connection of the study centre's pool, so further ones are rejected and try again later.
The edge lets a caller have two of the places, in which none waits for long.
"""
LARGEST_ANSWER = 32 * 1024 * 1024
ROOT = Path(__file__).parent.parent

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="limited")
_places = BoundedSemaphore(AT_ONCE + MOST_WAITING)


class LimitsReached(Exception):
    """The work ended without a result: it took too long, needed too much memory, or broke its process."""


class Overloaded(Exception):
    """So many files are already waiting that another would wait too long."""


async def run_limited(work: Callable[..., bytes], *parts: bytes, seconds: int = 10, megabytes: int = 512) -> bytes:
    """Return what `work`, a function of a module, returns for the parts. Raises LimitsReached, Overloaded.

    Any exception of `work` becomes LimitsReached: a refusal that it foresees belongs in its result.
    """
    if not _places.acquire(blocking=False):
        raise Overloaded
    try:
        # In threads of our own: the loop's are for short work, and these wait for seconds.
        return await asyncio.get_running_loop().run_in_executor(_threads, _run, work, parts, seconds, megabytes)
    finally:
        _places.release()


def run_in_process(work: Callable[..., bytes], *parts: bytes, seconds: int, megabytes: int) -> bytes:
    """The same for trusted work: it blocks, and takes none of the places. Raises LimitsReached."""
    return _run(work, parts, seconds, megabytes)


def _run(work: Callable[..., bytes], parts: tuple[bytes, ...], seconds: int, megabytes: int) -> bytes:
    name = f"{work.__module__}:{work.__qualname__}"
    command = [sys.executable, "-B", "-m", "app.limited", name, str(seconds), str(megabytes)]
    with tempfile.TemporaryFile() as parts_file, tempfile.TemporaryFile() as answer:
        for part in parts:
            parts_file.write(len(part).to_bytes(8) + part)
        parts_file.seek(0)
        try:
            # Files instead of pipes: the kernel then limits the size of the result (RLIMIT_FSIZE) too.
            ended = subprocess.run(  # noqa: S603  # Nothing of the command is anybody else's.
                command,
                stdin=parts_file,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                cwd=ROOT,
                env={},
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as fault:
            raise LimitsReached("time") from fault
        if ended.returncode != 0:
            raise LimitsReached(f"ended with {ended.returncode}")
        answer.seek(0)
        return answer.read()


def _limit(seconds: int, megabytes: int) -> None:
    bounds = {
        resource.RLIMIT_AS: megabytes * 1024 * 1024,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: LARGEST_ANSWER,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for kind, bound in bounds.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (bound, bound) if hard == resource.RLIM_INFINITY else (min(bound, hard),) * 2)


def _parts(file: BinaryIO) -> list[bytes]:
    parts = []
    while size := file.read(8):
        parts.append(file.read(int.from_bytes(size)))
    return parts


def answer(name: str, seconds: str, megabytes: str) -> None:
    """Run in the child: set its limits before it imports or reads anything."""
    _limit(int(seconds), int(megabytes))
    module, _, function = name.partition(":")
    answered = getattr(import_module(module), function)(*_parts(sys.stdin.buffer))
    sys.stdout.buffer.write(answered)


if __name__ == "__main__":
    answer(*sys.argv[1:])
