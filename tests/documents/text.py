"""The text of a PDF as a reader's program finds it: by `ActualText`, else by the font's table of codes."""

import re
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.content_stream_parser import parse_content_stream
from pyhanko.pdf_utils.reader import PdfFileReader


def text_of(document: bytes) -> str:
    """The text in the order in which it is drawn, with single spaces, so that lines may break anywhere."""
    pages = PdfFileReader(BytesIO(document)).root["/Pages"]["/Kids"]
    return " ".join(word for page in pages for word in _drawn(page.get_object()).split())


def _drawn(page: Any) -> str:
    fonts = page["/Resources"]["/Font"]
    meanings = {name: _meanings(fonts[name]["/ToUnicode"].data.decode("ascii")) for name in fonts}
    text, known, instead = "", dict[int, str](), list[str | None]()
    for drawing in parse_content_stream([page["/Contents"]]):
        if drawing.op == "Tf":
            known = meanings[drawing.args[0]]
        elif drawing.op == "BDC":
            instead.append(drawing.args[1].get("/ActualText"))
            text += instead[-1] or ""
        elif drawing.op == "EMC":
            instead.pop()
        elif drawing.op in ("Tj", "TJ") and not any(instead):
            pieces = drawing.args if drawing.op == "Tj" else drawing.args[0]
            codes = b"".join(piece.original_bytes for piece in pieces if hasattr(piece, "original_bytes"))
            text += "".join(known[int.from_bytes(codes[at : at + 2])] for at in range(0, len(codes), 2))
        elif drawing.op == "ET":
            text += " "
    return text


def _meanings(table: str) -> dict[int, str]:
    pairs = re.findall(r"^<([0-9A-F]{4})> <([0-9A-F]+)>$", table, re.MULTILINE)
    return {int(code, 16): bytes.fromhex(signs).decode("utf-16-be") for code, signs in pairs}
