"""QR codes of addresses, for documents."""

import segno


def qr_code_of(address: str) -> str:
    """Return the code as an SVG picture, which can be read with a sixth of it damaged."""
    return segno.make_qr(address, error="m").svg_inline(border=4, dark="#000000", light="#ffffff")
