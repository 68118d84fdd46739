"""Composes a document from its template, in a process of its own.

The library starts threads that a process which is forked later does not have: there it would wait for them for ever.
"""

import json
from pathlib import Path

import typst


def compose(template: bytes, inputs: bytes, timestamp: bytes) -> bytes:
    """Return the PDF of the template at that path. `inputs` is JSON, `timestamp` the seconds of its time."""
    place = Path(template.decode())
    # The library's own fonts: the document looks the same wherever the service runs.
    fonts = typst.Fonts(include_system_fonts=False)
    # The folder of all templates: they share a style.
    document = typst.Compiler(place, root=place.parent.parent, font_paths=fonts, sys_inputs=json.loads(inputs)).compile(
        format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=int(timestamp)
    )
    if not isinstance(document, bytes):
        raise TypeError("a PDF is one file")
    return document
