"""Puts the signed credential of a badge into its picture."""

from io import BytesIO

KEYWORD = b"openbadgecredential"
END_BYTES = 12
"""The last chunk of a PNG, which has no content."""


def baked(png: bytes, credential: str) -> bytes:
    """The PNG, one that this service has drawn, with the one `iTXt` chunk of Open Badges 3.0 before its end."""
    # It imports the library of images, which few requests need.
    from PIL.PngImagePlugin import putchunk

    chunk = BytesIO()
    # Keyword, no compression and its method, no language, no translated keyword; each text ends with a zero.
    putchunk(chunk, b"iTXt", KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + credential.encode())
    return png[:-END_BYTES] + chunk.getvalue() + png[-END_BYTES:]
