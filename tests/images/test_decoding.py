"""An uploaded image is drawn again, and only its pixels are kept."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from app.domain.organisations.images import ImageRefused
from app.images.decoding import KEPT_EDGE, LARGEST_EDGE, decode
from app.images.drawing import redraw
from tests.images.pictures import SVG, TYPES, animated, bomb, picture, saved, text_bomb, with_place


def drawn(content: bytes, kind: str) -> Image.Image:
    answer = decode(content, TYPES[kind].encode())
    assert answer.startswith(b"\x89PNG"), answer
    return Image.open(BytesIO(answer))


@pytest.mark.parametrize("kind", TYPES)
def test_a_picture_stays_as_it_looks(kind: str) -> None:
    image = drawn(picture(kind), kind)
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (60, 40))
    top, bottom = image.getpixel((30, 2)), image.getpixel((30, 37))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] < 40 < 200 < bottom[0]


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA")])
def test_transparency_is_kept(kind: str, mode: str) -> None:
    see_through = Image.new(mode, (8, 8))
    assert drawn(saved(see_through, kind), kind).getpixel((4, 4)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "1"), ("PNG", "P"), ("PNG", "I;16"), ("JPEG", "CMYK"), ("JPEG", "L")]
)
def test_other_kinds_of_pixels_are_accepted(kind: str, mode: str) -> None:
    assert drawn(saved(Image.new(mode, (8, 8)), kind), kind).mode == "RGB"


@pytest.mark.parametrize("kind", TYPES)
def test_metadata_is_removed_and_the_picture_turned_upright(kind: str) -> None:
    content = with_place(kind)
    assert b"Kameratehdas" in content
    image = drawn(content, kind)
    assert image.size == (40, 60)
    assert (image.info, dict(image.getexif())) == ({}, {})
    answer = decode(content, TYPES[kind].encode())
    names = {answer[start - 4 : start] for start in range(12, len(answer)) if answer[start - 4 : start].isalpha()}
    assert not names & {b"eXIf", b"iCCP", b"tEXt", b"zTXt", b"iTXt"}
    assert b"Kameratehdas" not in answer


def test_bytes_behind_a_picture_are_removed() -> None:
    assert b"<script>" not in decode(picture() + SVG, b"image/png")


def test_a_large_picture_is_scaled_down() -> None:
    assert drawn(picture(size=(LARGEST_EDGE, 1000)), "PNG").size == (KEPT_EDGE, 500)


@pytest.mark.parametrize(
    ("content", "kind", "finding"),
    [
        pytest.param(SVG, "PNG", "not-an-image", id="an SVG with a script"),
        pytest.param(b"", "PNG", "not-an-image", id="nothing"),
        pytest.param(b"%PDF-1.7\n", "JPEG", "not-an-image", id="a PDF"),
        pytest.param(animated("GIF"), "PNG", "not-an-image", id="a GIF"),
        pytest.param(picture("JPEG"), "PNG", "other-type", id="a JPEG that says it is a PNG"),
        pytest.param(picture("PNG"), "WEBP", "other-type", id="a PNG that says it is a WebP"),
        pytest.param(animated("PNG"), "PNG", "animated", id="an animated PNG"),
        pytest.param(animated("WEBP"), "WEBP", "animated", id="an animated WebP"),
        pytest.param(bomb(LARGEST_EDGE + 1, 10), "PNG", "too-many-pixels", id="one pixel too wide"),
        pytest.param(bomb(60_000, 60_000), "PNG", "too-many-pixels", id="a bomb of pixels"),
        pytest.param(text_bomb(), "PNG", "damaged", id="a bomb of text"),
    ],
)
def test_each_fault_of_an_image_has_its_finding(content: bytes, kind: str, finding: str) -> None:
    assert decode(content, TYPES[kind].encode()) == finding.encode()


@pytest.mark.parametrize("kind", TYPES)
def test_a_picture_cut_off_anywhere_is_damaged(kind: str) -> None:
    whole = picture(kind)
    # Without the checksum of a PNG's empty last part nothing of the picture is missing.
    for length in range(1, len(whole) - 4, 7):
        assert decode(whole[:length], TYPES[kind].encode()) in {b"damaged", b"not-an-image"}, length


def test_a_picture_with_a_changed_byte_is_damaged() -> None:
    whole = bytearray(picture())
    whole[60] ^= 1
    assert decode(bytes(whole), b"image/png") == b"damaged"


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("WEBP", "RGBA")])
def test_the_largest_picture_fits_the_limits_of_the_process(kind: str, mode: str) -> None:
    """Noise, which no compression makes small: the limit of the stored image applies too."""
    noise = Image.effect_noise((LARGEST_EDGE, LARGEST_EDGE), 90).convert(mode)
    answer = asyncio.run(redraw(saved(noise, kind, quality=10), TYPES[kind]))
    assert answer.startswith(b"\x89PNG")
    assert len(answer) < 16 * 1024 * 1024


def test_a_finding_comes_back_from_the_process() -> None:
    with pytest.raises(ImageRefused) as refused:
        asyncio.run(redraw(SVG, "image/png"))
    assert refused.value.facts == {"finding": "not-an-image"}
