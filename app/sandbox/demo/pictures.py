"""Small pictures for the demo data: a sock for a logo, a stroke of the pen for a signature."""

import math
import struct
import zlib
from collections.abc import Callable

Pixel = tuple[int, int, int, int]
NOTHING: Pixel = (0, 0, 0, 0)


def logo() -> bytes:
    def pixel(x: int, y: int) -> Pixel:
        leg, foot = 20 <= x < 44 and y < 56, 20 <= x < 80 and 48 <= y < 76
        if not (leg or foot):
            return NOTHING
        return (0xB0, 0x30, 0x2A, 255) if y // 8 % 2 else (0xF4, 0xEE, 0xE0, 255)

    return _png(96, 96, pixel)


def badge() -> bytes:
    """A star on a disc, drawn by its angle."""

    def pixel(x: int, y: int) -> Pixel:
        across, down = x - 128, y - 128
        distance, angle = math.hypot(across, down), math.atan2(down, across) + math.pi / 2
        point = abs((angle * 5 / math.tau) % 1 - 0.5) * 2
        if distance > 120:
            return NOTHING
        return (0xF4, 0xC4, 0x30, 255) if distance < 36 + 48 * point else (0x14, 0x24, 0x5C, 255)

    return _png(256, 256, pixel)


def signature() -> bytes:
    def pixel(x: int, y: int) -> Pixel:
        middle = 32 + 20 * math.sin(x / 9) * math.cos(x / 31)
        return (0x14, 0x24, 0x5C, 255) if abs(y - middle) < 2 + abs(math.cos(x / 9)) else NOTHING

    return _png(240, 64, pixel)


def _png(width: int, height: int, pixel: Callable[[int, int], Pixel]) -> bytes:
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
