"""Composes documents from their templates, in a process of its own.

The library starts threads that a process which is forked later does not have: there it would wait for them for ever.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst


def compose(template: bytes, inputs: bytes, timestamp: bytes) -> bytes:
    """Return the PDF of the template at that path. `inputs` is JSON, `timestamp` the seconds of its time."""
    place = Path(template.decode())
    # The folder of all templates: they share a style.
    return composed_by(compiler_of(place, place.parent.parent), json.loads(inputs), int(timestamp))


def compiler_of(template: Path, root: Path) -> typst.Compiler:
    # The library's own fonts: the document looks the same wherever the service runs.
    fonts = typst.Fonts(include_system_fonts=False)
    return typst.Compiler(template, root=root, font_paths=fonts)


def composed_by(compiler: typst.Compiler, inputs: Mapping[str, Any], timestamp: int) -> bytes:
    document = compiler.compile(
        format="pdf", sys_inputs=dict(inputs), pdf_standards=["a-3a", "ua-1"], timestamp=timestamp
    )
    if not isinstance(document, bytes):
        raise TypeError("a PDF is one file")
    return document
