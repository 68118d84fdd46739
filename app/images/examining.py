"""The work of the limited process: reads a picture that may be hostile, and says what prevents keeping it as it is."""

from io import BytesIO
from zipfile import is_zipfile

from app.images.decoding import opened

LARGEST_EDGE = 10_000
MOST_PIXELS = 40_000_000
"""A page scanned at 600 dots per inch has 35 million."""
_WHITE = b"\0\t\n\f\r "
_PNG_HEAD = 8
_JPEG_ALONE = {0x01, *range(0xD0, 0xD8)}
"""Second bytes of JPEG's markers without a length."""


def finding_of(content: bytes, media_type: bytes) -> bytes:
    """Return a finding (`app.domain.attachments.Finding`), or nothing."""
    image = opened(content, media_type, LARGEST_EDGE, MOST_PIXELS)
    if isinstance(image, bytes):
        return b"other-type" if image == b"not-an-image" else image
    try:
        image.load()
    except Exception:  # noqa: BLE001  # Broken files raise errors of many kinds.
        return b"damaged"
    # Programs find a PDF or an archive at other places of a file than its beginning.
    if not _ends_in_itself(content, media_type) or b"%PDF-" in content[:1024] or is_zipfile(BytesIO(content)):
        return b"other-contents"
    return b""


def _ends_in_itself(content: bytes, media_type: bytes) -> bool:
    """Whether nothing follows the picture."""
    try:
        match media_type:
            case b"image/png":
                return _end_of_png(content) == len(content)
            case b"image/jpeg":
                return not _after_jpegs(content).strip(_WHITE)
            case _:
                return int.from_bytes(content[4:8], "little") + 8 == len(content)
    except (IndexError, ValueError):
        return False


def _end_of_png(content: bytes) -> int:
    at, kind = _PNG_HEAD, b""
    while kind != b"IEND":
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        at += 12 + size
        if at > len(content):
            raise IndexError
    return at


def _after_jpegs(content: bytes) -> bytes:
    """What follows the picture and those right behind it, as some telephones make."""
    while content.startswith(b"\xff\xd8"):
        content = content[_end_of_jpeg(content) :].lstrip(_WHITE)
    return content


def _end_of_jpeg(content: bytes) -> int:
    at = 2
    while True:
        # Data of the picture lie between markers; in them, 0xFF is followed by 0.
        at = content.index(b"\xff", at)
        marker = content[at + 1]
        if marker == 0xD9:
            return at + 2
        if marker in {0x00, 0xFF} | _JPEG_ALONE:
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4])
