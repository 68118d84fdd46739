"""UUIDv7 (RFC 9562), made here because neither Python 3.11 nor PostgreSQL 15 makes them."""

import secrets
import struct
import time
from uuid import UUID


def new_id() -> UUID:
    """By real time: 48 bits of milliseconds, then 12 bits of the fraction, so that one process's ids sort as made."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def new_ids(number: int) -> list[str]:
    """So many, written as PostgreSQL reads them and sorted. Each has the next fraction of the time."""
    fractions = time.time_ns() * 4096 // 1_000_000
    by_chance = struct.unpack(f"{number}Q", secrets.token_bytes(8 * number))
    return [
        f"{(at >> 12) << 16 | 0x7 << 12 | at & 0xFFF:016x}{0b10 << 62 | chance & (1 << 62) - 1:016x}"
        for at, chance in enumerate(by_chance, fractions)
    ]
