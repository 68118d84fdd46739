"""A picture that is kept as it is can be decoded, and is nothing else."""

import asyncio
from io import BytesIO

import pytest
from PIL import Image

from app.domain.attachments import AttachmentRefused
from app.images.attachments import examine_image
from app.images.examining import LARGEST_EDGE, MOST_PIXELS, finding_of
from tests.documents.files import HTML, archive, pdf
from tests.images.pictures import SVG, TYPES, animated, bomb, chunk, picture, saved, text_bomb, with_place


def of_two_pictures() -> bytes:
    """A JPEG as some telephones make it."""
    file = BytesIO()
    pictures = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    pictures[0].save(file, "MPO", save_all=True, append_images=pictures[1:])
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        *(pytest.param(picture(kind), kind, id=f"a {kind}") for kind in TYPES),
        *(pytest.param(with_place(kind), kind, id=f"a {kind} with metadata") for kind in ("PNG", "JPEG", "WEBP")),
        pytest.param(picture("JPEG", progressive=True), "JPEG", id="a progressive JPEG"),
        pytest.param(picture("JPEG", mode="CMYK"), "JPEG", id="a JPEG for print"),
        pytest.param(picture("WEBP", lossless=True), "WEBP", id="a lossless WebP"),
        pytest.param(picture("JPEG") + bytes(3), "JPEG", id="a JPEG with blank space at its end"),
        pytest.param(of_two_pictures(), "JPEG", id="a JPEG of two pictures"),
        pytest.param(saved(Image.effect_noise((900, 700), 90), "JPEG"), "JPEG", id="a JPEG full of detail"),
    ],
)
def test_a_picture_is_accepted(content: bytes, kind: str) -> None:
    assert finding_of(content, TYPES[kind].encode()) == b""


PNG_END = chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "kind", "finding"),
    [
        pytest.param(b"", "PNG", "other-type", id="nothing"),
        pytest.param(SVG, "PNG", "other-type", id="an SVG"),
        pytest.param(HTML, "JPEG", "other-type", id="HTML"),
        pytest.param(pdf(), "PNG", "other-type", id="a PDF"),
        pytest.param(picture("JPEG"), "PNG", "other-type", id="a JPEG that says it is a PNG"),
        pytest.param(picture("GIF"), "PNG", "other-type", id="a GIF"),
        pytest.param(bomb(60_000, 60_000), "PNG", "too-many-pixels", id="a bomb"),
        pytest.param(text_bomb(), "PNG", "damaged", id="a bomb of text"),
        pytest.param(animated("PNG"), "PNG", "animated", id="an animated PNG"),
        pytest.param(animated("WEBP"), "WEBP", "animated", id="an animated WebP"),
        pytest.param(picture()[:-40], "PNG", "damaged", id="a PNG cut off"),
        pytest.param(picture("JPEG")[:-40], "JPEG", "damaged", id="a JPEG cut off"),
        *(
            pytest.param(picture(kind) + end, kind, "other-contents", id=f"a {kind} with {name} behind it")
            for kind in TYPES
            for name, end in (("HTML", HTML), ("an archive", archive()), ("a PDF", pdf()))
        ),
        pytest.param(picture() + HTML + PNG_END, "PNG", "other-contents", id="a PNG with an end behind the end"),
        pytest.param(picture("JPEG") + HTML + b"\xff\xd9", "JPEG", "other-contents", id="a JPEG with two ends"),
        pytest.param(
            picture("JPEG")[:2] + b"\xff\xfe" + (len(pdf()) + 2).to_bytes(2) + pdf() + picture("JPEG")[2:],
            "JPEG",
            "other-contents",
            id="a JPEG with a PDF in a comment",
        ),
    ],
)
def test_a_file_that_lies_is_refused(content: bytes, kind: str, finding: str) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        asyncio.run(examine_image(content, TYPES[kind]))
    assert refused.value.facts == {"finding": finding}


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGBA")])
def test_the_largest_picture_fits_the_limits_of_the_process(kind: str, mode: str) -> None:
    side = (LARGEST_EDGE, MOST_PIXELS // LARGEST_EDGE)
    asyncio.run(examine_image(saved(Image.new(mode, side, "red"), kind), TYPES[kind]))
