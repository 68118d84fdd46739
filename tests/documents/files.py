"""PDFs of a page, honest and hostile."""

import zipfile
from io import BytesIO

from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer

HTML = b"<!doctype html><script>alert(1)</script>"


def pdf(pages: int = 1, *, words: bytes = b"") -> bytes:
    """A PDF written by hand, with `words` in a comment."""
    kids = b" ".join(b"%d 0 R" % (3 + number) for number in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, pages),
        *[b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages,
    ]
    file = b"%PDF-1.7\n"
    if words:
        file += b"%" + words + b"\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    return file + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def locked(owner: str, user: str) -> bytes:
    """Encrypted; with an empty `user` password it opens without one."""
    writer: PdfFileWriter = copy_into_new_writer(PdfFileReader(BytesIO(pdf())))
    handler = StandardSecurityHandler.build_from_pw(desired_owner_pass=owner, desired_user_pass=user)
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())  # The library's tests do the same.
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]  # The library's lack.
    return output.getvalue()


def archive() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("run.js", "alert(1)")
    return file.getvalue()


def around(content: bytes, end: bytes) -> bytes:
    """An archive that begins with the content and has `end` as its comment."""
    file = BytesIO(content)
    with zipfile.ZipFile(file, "a") as made:
        made.writestr("run.js", "alert(1)")
        made.comment = end
    return file.getvalue()
