"""Pictures, honest and hostile."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A gradient of colours, in which a quarter turn is visible."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    return saved(image, kind, **options)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def with_place(kind: str) -> bytes:
    """Taken at a place (GPS), with the camera lying on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6  # The picture has to be turned a quarter.
    exif[0x010F] = "Kameratehdas"
    exif.get_ifd(0x8825).update({1: "N", 2: (60.0, 10.0, 15.0), 3: "E", 4: (24.0, 56.0, 15.0)})
    return picture(kind, exif=exif, icc_profile=b"a profile")


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(depth: int, colour_type: int, samples: bytes, *, width: int, extra: bytes = b"") -> bytes:
    """A PNG of one row, with samples as they are in the file."""
    header = struct.pack(">IIBBBBB", width, 1, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", zlib.compress(b"\0" + samples))
        + chunk(b"IEND", b"")
    )


def zeros(length: int, times: int) -> bytes:
    """Compress so many zeros `times` over; only the first of the equal blocks takes time."""
    compressor = zlib.compressobj(9, wbits=-15)
    block = compressor.compress(bytes(length)) + compressor.flush(zlib.Z_FULL_FLUSH)
    # Zeros leave the first sum of the checksum at one, and each of them adds that one to the second.
    checksum = struct.pack(">HH", length * times % 65521, 1)
    return b"\x78\xda" + block * times + b"\x03\x00" + checksum


def bomb(width: int, height: int, *, extra: bytes = b"") -> bytes:
    """A small PNG that claims to be so large."""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zeros(1 + width * 3, min(height, 4_000)))
        + chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    """A picture whose text unpacks to a hundred megabytes."""
    return bomb(4, 4, extra=chunk(b"zTXt", b"Comment\0\0" + zeros(1_000_000, 100)))
