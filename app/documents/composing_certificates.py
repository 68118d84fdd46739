"""Composes certificates one after another and seals them, in a process of its own, whose start takes long."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from app.documents.composing import compiler_of, composed_by

PRINTED_EDGE = 900
"""Greatest number of pixels of a printed picture's edge: over 380 in an inch of the widest."""


def compose(ordered: bytes, *parts: bytes) -> Iterator[bytes]:
    """Return the PDFs that are ordered (JSON). The parts are the pictures, the key of the seal and its certificates."""
    order = json.loads(ordered)
    count = len(order["pictures"])
    pictures = {name: _svg_of(png) for name, png in zip(order["pictures"], parts[:count], strict=True)}
    made_at = datetime.fromisoformat(order["made_at"])
    template = Path(order["template"])
    compiler = compiler_of(template, template.parent.parent)
    sealer = None
    if order["certificates"]:
        # It imports the library of signatures, which takes a second.
        from app.documents.sealing import Sealer

        key, *certificates = parts[count:]
        sealer = Sealer(key, certificates)
    for sheet in order["sheets"]:
        pdf = composed_by(compiler, pictures | sheet, int(made_at.timestamp()))
        yield sealer.seal(pdf, made_at) if sealer else pdf


def _svg_of(png: bytes) -> str:
    """The picture within an SVG, since what a template is given is text."""
    image = Image.open(BytesIO(png), formats=["PNG"])
    image.thumbnail((PRINTED_EDGE, PRINTED_EDGE))
    drawn = BytesIO()
    image.save(drawn, "PNG", optimize=True)
    size = f'width="{image.width}" height="{image.height}"'
    link = f"data:image/png;base64,{b64encode(drawn.getvalue()).decode()}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><image {size} href="{link}"/></svg>'
