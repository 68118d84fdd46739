"""The work of the limited process: reads a file that may be hostile, and returns a PNG or why there is none."""

from contextlib import suppress
from io import BytesIO
from typing import cast

from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
LARGEST_EDGE = 6_000
"""Greatest number of pixels of an uploaded image's edge: photos of telephones are 4,032 to 5,712 pixels wide."""
MOST_PIXELS = 25_000_000
"""Greatest number of pixels of an uploaded image."""
KEPT_EDGE = 2_000
"""Greatest number of pixels of a stored image: enough for print, and never over sixteen megabytes."""
_FULL = 65_535
"""The greatest sample of sixteen bits."""


def decode(content: bytes, media_type: bytes) -> bytes:
    """Return a PNG, or the finding that prevents it (`app.domain.organisations.images.Finding`)."""
    image = opened(content, media_type, LARGEST_EDGE, MOST_PIXELS)
    if isinstance(image, bytes):
        return image
    try:
        return _png(_in_srgb(ImageOps.exif_transpose(_of_eight_bits(image, content))))
    except Exception:  # noqa: BLE001  # Broken files raise errors of many kinds.
        return b"damaged"


def opened(content: bytes, media_type: bytes, largest_edge: int, most_pixels: int) -> Image.Image | bytes:
    """Return the picture, of which nothing is decoded yet, or the finding that prevents it."""
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
    if max(image.size) > largest_edge or image.width * image.height > most_pixels:
        return b"too-many-pixels"
    if image.format != "MPO" and getattr(image, "is_animated", False):
        return b"animated"
    try:
        # The checksums of all parts, also of those that the picture itself does not need.
        Image.open(BytesIO(content), formats=[str(image.format)] if image.format != "MPO" else ["JPEG"]).verify()
    except Exception:  # noqa: BLE001  # The same.
        return b"damaged"
    return image


def _of_eight_bits(image: Image.Image, content: bytes) -> Image.Image:
    """Scale samples to eight bits, and turn a transparent colour into an alpha channel.

    A PNG names that colour in samples as they are in the file. Scaled, other colours would look like it.
    """
    colour = image.info.get("transparency")
    depth = content[24] if image.format == "PNG" else 8
    if image.mode == "I;16":
        wide = image.convert("I")
        grey = wide.point([(sample * 255 + _FULL // 2) // _FULL for sample in range(_FULL + 1)], "L")
        if colour is None:
            return _like(image, grey)
        return _like(
            image, _with_alpha(grey, wide.point([255 * (sample != colour) for sample in range(_FULL + 1)], "L"))
        )
    if image.mode == "RGB" and depth == 16 and colour is not None:
        alpha = ImageChops.lighter(
            _unlike(image, [sample >> 8 for sample in colour]),
            _unlike(_low_bytes(content), [sample & 255 for sample in colour]),
        )
        return _like(image, _with_alpha(image, alpha))
    if image.mode == "RGB" and colour is not None:
        return _like(image, _with_alpha(image, _unlike(image, [sample & 255 for sample in colour])))
    if image.mode in {"1", "L"} and colour is not None:
        most = (1 << depth) - 1
        grey = image.convert("L")
        return _like(image, _with_alpha(grey, _unlike(grey, [(colour & most) * 255 // most])))
    return image


def _low_bytes(content: bytes) -> Image.Image:
    """The low bytes of a PNG's samples of sixteen bits, which the usual decoding leaves out."""
    image = Image.open(BytesIO(content), formats=["PNG"])
    image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
    return image


def _unlike(image: Image.Image, colour: list[int]) -> Image.Image:
    """Return 0 where all channels have their value of the colour, else 255."""
    unlike = Image.new("L", image.size)
    for channel, sample in zip(image.split(), colour, strict=True):
        unlike = ImageChops.lighter(unlike, channel.point([255 * (value != sample) for value in range(256)]))
    return unlike


def _with_alpha(image: Image.Image, alpha: Image.Image) -> Image.Image:
    together = image.convert("RGB" if image.mode == "RGB" else "L")
    together.putalpha(alpha)
    return together


def _like(source: Image.Image, image: Image.Image) -> Image.Image:
    """Keep what says which way up the picture is and what its colours mean."""
    image.info = {name: fact for name, fact in source.info.items() if name != "transparency"}
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return RGB or RGBA, in the colours that a screen shows, scaled down if the image is large."""
    profile, transparent = image.info.get("icc_profile"), image.has_transparency_data
    if image.mode == "P" or not profile:
        image = image.convert("RGBA" if transparent else "RGB")
    image.thumbnail((KEPT_EDGE, KEPT_EDGE))
    if not profile:
        return image
    alpha = image.getchannel("A") if transparent else None
    pixels = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    # A profile that is broken, or not of this kind of pixels, says nothing about the colours.
    with suppress(ImageCms.PyCMSError, OSError, ValueError):
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        pixels = cast(
            "Image.Image", ImageCms.profileToProfile(pixels, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        )
    pixels = pixels.convert("RGB")
    if alpha is not None:
        pixels.putalpha(alpha)
    return pixels


def _png(image: Image.Image) -> bytes:
    # A new image has none of the old one's metadata.
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    answer = BytesIO()
    bare.save(answer, "PNG")
    return answer.getvalue()
