"""The work of the tests' limited processes; it imports little, as each process imports it again."""

import os
import time

from app.limited import LARGEST_ANSWER


def joined(*parts: bytes) -> bytes:
    return b"|".join(parts)


def endless() -> bytes:
    while True:
        pass


def asleep() -> bytes:
    time.sleep(60)
    return b""


def greedy() -> bytes:
    return bytes(2 * 1024**3)


def broken() -> bytes:
    os.abort()


def raising() -> bytes:
    raise ValueError("a secret of the file")


def talkative() -> bytes:
    return bytes(LARGEST_ANSWER + 1)


def environment() -> bytes:
    return repr(sorted(os.environ)).encode()


def slow(_: bytes) -> bytes:
    time.sleep(0.5)
    return b""
