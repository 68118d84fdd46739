"""The work of the limited process: reads a file that may be hostile, and returns a PNG or why there is none."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
LARGEST_EDGE = 4_000
"""Greatest number of pixels of an uploaded image."""
KEPT_EDGE = 2_000
"""Greatest number of pixels of a stored image: enough for print, and never over sixteen megabytes."""


def decode(content: bytes, media_type: bytes) -> bytes:
    """Return a PNG, or the finding that prevents it (`app.domain.organisations.images.Finding`)."""
    # The limit is our own, and it is set before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(BytesIO(content), formats=list(FORMATS.values()))
    except UnidentifiedImageError:
        return b"not-an-image"
    except Exception:  # noqa: BLE001  # Broken files raise errors of many kinds.
        return b"damaged"
    # A JPEG with a second picture behind it, as some telephones make, is still a JPEG.
    if FORMATS.get(media_type.decode()) != ("JPEG" if image.format == "MPO" else image.format):
        return b"other-type"
    if max(image.size) > LARGEST_EDGE:
        return b"too-many-pixels"
    if image.format != "MPO" and getattr(image, "is_animated", False):
        return b"animated"
    try:
        # The checksums of all parts, also of those that the picture itself does not need.
        Image.open(BytesIO(content), formats=[str(image.format)] if image.format != "MPO" else ["JPEG"]).verify()
        return _png(ImageOps.exif_transpose(image))
    except Exception:  # noqa: BLE001  # The same.
        return b"damaged"


def _png(image: Image.Image) -> bytes:
    mode = "RGBA" if image.has_transparency_data else "RGB"
    pixels = image.convert(mode)
    pixels.thumbnail((KEPT_EDGE, KEPT_EDGE))
    # A new image has none of the old one's metadata.
    bare = Image.frombytes(mode, pixels.size, pixels.tobytes())
    answer = BytesIO()
    bare.save(answer, "PNG")
    return answer.getvalue()
