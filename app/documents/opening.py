"""The work of the limited process: reads a PDF that may be hostile, and says what prevents keeping it as it is."""

from io import BytesIO
from zipfile import is_zipfile

from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

_WHITE = b"\0\t\n\f\r "


def finding_of(content: bytes) -> bytes:
    """Return a finding (`app.domain.attachments.Finding`), or nothing."""
    if not content.startswith(b"%PDF-"):
        return b"other-type"
    try:
        # Many programs write somewhat faulty PDFs, which readers open all the same.
        reader = PdfFileReader(BytesIO(content), strict=False)
        if reader.encrypted and reader.decrypt("").status == AuthStatus.FAILED:
            return b"encrypted"
        pages = int(reader.root["/Pages"]["/Count"])
        for number in {0, pages - 1}:
            reader.find_page_for_modification(number)  # type: ignore[no-untyped-call]  # The library's lack.
    except Exception:  # noqa: BLE001  # On hostile bytes the library raises exceptions of any kind.
        return b"damaged"
    # Programs find an archive at the end of a file.
    if not content.rstrip(_WHITE).endswith(b"%%EOF") or is_zipfile(BytesIO(content)):
        return b"other-contents"
    return b""
