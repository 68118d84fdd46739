"""An uploaded image is drawn again, and only its pixels are kept."""

import asyncio
from io import BytesIO
from math import isqrt

import pytest
from PIL import Image, ImageCms

from app.domain.organisations.images import ImageRefused
from app.images.decoding import KEPT_EDGE, LARGEST_EDGE, MOST_PIXELS, decode
from app.images.drawing import redraw
from tests.images.pictures import SVG, TYPES, animated, bomb, chunk, picture, png, saved, text_bomb, with_place


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


def transparent(*samples: int) -> bytes:
    return chunk(b"tRNS", b"".join(sample.to_bytes(2) for sample in samples))


PALETTE = chunk(b"PLTE", bytes([200, 100, 50, 0, 0, 255]))
WHOLE = 255
GREY, RGB, INDEXED, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
"""The colour types of PNG."""


@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        pytest.param(png(1, GREY, b"\x40", width=2), [(0,) * 3, (255,) * 3], id="1 bit"),
        pytest.param(png(2, GREY, b"\x1b", width=4), [(0,) * 3, (85,) * 3, (170,) * 3, (255,) * 3], id="2 bits"),
        pytest.param(png(4, GREY, b"\x1f", width=2), [(17,) * 3, (255,) * 3], id="4 bits"),
        pytest.param(png(8, GREY, b"\x01\xc8", width=2), [(1,) * 3, (200,) * 3], id="8 bits"),
        # 256 × 255 ÷ 65,535 is 0.996, and 0x8080 is half of the way.
        pytest.param(
            png(16, GREY, b"\x01\x00\x80\x80\xff\xff", width=3), [(1,) * 3, (128,) * 3, (255,) * 3], id="16 bits"
        ),
        pytest.param(png(8, RGB, bytes([200, 100, 50]), width=1), [(200, 100, 50)], id="colours of 8 bits"),
        pytest.param(png(16, RGB, b"\xc8\xc8\x64\x64\x32\x32", width=1), [(200, 100, 50)], id="colours of 16 bits"),
        pytest.param(png(1, INDEXED, b"\x40", width=2, extra=PALETTE), [(200, 100, 50), (0, 0, 255)], id="a palette"),
        pytest.param(
            png(1, INDEXED, b"\x40", width=2, extra=PALETTE + chunk(b"tRNS", b"\x80")),
            [(200, 100, 50, 128), (0, 0, 255, 255)],
            id="a palette with transparency",
        ),
        pytest.param(png(8, GREY_ALPHA, b"\xc8\x40", width=1), [(200, 200, 200, 64)], id="8 bits with alpha"),
        pytest.param(png(16, GREY_ALPHA, b"\xc8\xc8\x40\x40", width=1), [(200, 200, 200, 64)], id="16 bits with alpha"),
        pytest.param(
            png(16, RGB_ALPHA, b"\xc8\xc8\x64\x64\x32\x32\x40\x40", width=1),
            [(200, 100, 50, 64)],
            id="colours of 16 bits with alpha",
        ),
        # One sample is transparent, and its neighbours, which look alike when scaled, are not.
        pytest.param(
            png(1, GREY, b"\x40", width=2, extra=transparent(1)),
            [(0, 0, 0, WHOLE), (255, 255, 255, 0)],
            id="1 bit, one off",
        ),
        pytest.param(
            png(2, GREY, b"\x1b", width=2, extra=transparent(1)),
            [(0, 0, 0, WHOLE), (85, 85, 85, 0)],
            id="2 bits, one off",
        ),
        pytest.param(
            png(16, GREY, b"\x80\x80\x80\x81", width=2, extra=transparent(0x8081)),
            [(128, 128, 128, WHOLE), (128, 128, 128, 0)],
            id="16 bits, one off",
        ),
        pytest.param(
            png(8, RGB, bytes([200, 100, 50, 200, 100, 51]), width=2, extra=transparent(200, 100, 51)),
            [(200, 100, 50, WHOLE), (200, 100, 51, 0)],
            id="colours of 8 bits, one off",
        ),
        pytest.param(
            png(
                16, RGB, bytes.fromhex("c8c864643232 c8c864643233"), width=2, extra=transparent(0xC8C8, 0x6464, 0x3233)
            ),
            [(200, 100, 50, WHOLE), (200, 100, 50, 0)],
            id="colours of 16 bits, one off",
        ),
    ],
)
def test_samples_of_every_kind_of_png_keep_their_value(content: bytes, pixels: list[tuple[int, ...]]) -> None:
    image = drawn(content, "PNG")
    assert [image.getpixel((x, 0)) for x in range(len(pixels))] == pixels


def profile_of(first: bytes, second: bytes) -> bytes:
    """The profile of sRGB with two of its colours exchanged: what is red in the file looks green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(first, b"----", 1).replace(second, first, 1).replace(b"----", second, 1)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGBA"), ("PNG", "P")]
)
def test_colours_are_converted_to_those_of_a_screen(kind: str, mode: str) -> None:
    red = Image.new("RGBA", (16, 16), (255, 0, 0, 90)).convert("RGB" if mode == "P" else "RGBA").convert(mode)
    options = {"lossless": True} if kind == "WEBP" else {}
    image = drawn(saved(red, kind, icc_profile=profile_of(b"rXYZ", b"gXYZ"), **options), kind)
    pixel = image.getpixel((8, 8))
    assert isinstance(pixel, tuple)
    assert pixel[0] < 5
    assert pixel[1] > 250
    assert pixel[2] < 5
    assert pixel[3:] == ((90,) if mode == "RGBA" else ())


def test_a_photo_of_a_telephone_is_accepted() -> None:
    assert drawn(picture("JPEG", size=(4032, 3024)), "JPEG").size == (KEPT_EDGE, 1500)
    assert drawn(picture("JPEG", size=(4284, 5712)), "JPEG").size == (1500, KEPT_EDGE)


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
    assert drawn(picture(size=(LARGEST_EDGE, 3000)), "PNG").size == (KEPT_EDGE, 1000)


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
        pytest.param(bomb(5_000, 5_001), "PNG", "too-many-pixels", id="a row too many"),
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
    edge = isqrt(MOST_PIXELS)
    noise = Image.effect_noise((edge, edge), 90).convert(mode)
    answer = asyncio.run(redraw(saved(noise, kind, quality=10), TYPES[kind]))
    assert answer.startswith(b"\x89PNG")
    assert len(answer) < 16 * 1024 * 1024


def test_a_finding_comes_back_from_the_process() -> None:
    with pytest.raises(ImageRefused) as refused:
        asyncio.run(redraw(SVG, "image/png"))
    assert refused.value.facts == {"finding": "not-an-image"}
