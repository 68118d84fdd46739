"""Hostile files in place of our document, signed."""

import re
import zlib
from collections.abc import Callable
from io import BytesIO

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from app.sandbox.authority import Authority
from tests.documents.by_hand import update


def root_of(authority: Authority) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(authority.root)


def dictionary(**values: object) -> DictionaryObject:
    return DictionaryObject({pdf_name(f"/{name}"): value for name, value in values.items()})


def updated(document: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(document))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def with_script(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        script = dictionary(S=NameObject("/JavaScript"), JS=TextStringObject("app.alert(1)"))
        writer.root["/OpenAction"] = writer.add_object(script)
        writer.update_root()

    return updated(document, change)


def with_attachment(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/Names"] = writer.add_object(dictionary(EmbeddedFiles=dictionary(Names=ArrayObject())))
        writer.update_root()

    return updated(document, change)


def with_note(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        rectangle = ArrayObject(NumberObject(side) for side in (100, 100, 300, 300))
        note = dictionary(
            Type=NameObject("/Annot"), Subtype=NameObject("/FreeText"), Rect=rectangle, Contents=TextStringObject("No")
        )
        page = writer.root["/Pages"]["/Kids"].raw_get(0)
        page.get_object().setdefault(pdf_name("/Annots"), ArrayObject()).append(writer.add_object(note))
        writer.mark_update(page)
        writer.update_container(page.get_object()["/Annots"])

    return updated(document, change)


def with_other_content(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"].raw_get(0)
        page.get_object()["/Contents"] = writer.add_object(StreamObject(stream_data=b"0 0 595 842 re f"))
        writer.mark_update(page)

    return updated(document, change)


def with_another_page(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        pages = writer.root["/Pages"]
        pages["/Kids"].append(pages["/Kids"].raw_get(0))
        pages["/Count"] = NumberObject(pages["/Count"] + 1)
        writer.update_container(pages)
        writer.update_container(pages["/Kids"])

    return updated(document, change)


def with_text_field(document: bytes) -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        field = writer.add_object(dictionary(FT=NameObject("/Tx"), T=TextStringObject("name"), V=TextStringObject("x")))
        form = writer.root.setdefault(pdf_name("/AcroForm"), dictionary(Fields=ArrayObject()))
        form = form.get_object()
        form["/Fields"].append(field)
        writer.update_container(form)
        writer.update_container(form["/Fields"])
        writer.update_root()

    return updated(document, change)


CHANGES = [with_script, with_attachment, with_note, with_other_content, with_another_page, with_text_field]


def encrypted(document: bytes) -> bytes:
    writer = copy_into_new_writer(PdfFileReader(BytesIO(document)))
    handler = StandardSecurityHandler.build_from_pw("owner", "")
    writer.security_handler = handler
    writer._encrypt = writer.add_object(handler.as_pdf_object())
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def another_behind(document: bytes) -> bytes:
    """A complete document whose cross-references never lead back to ours."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
    }
    return update(document, objects, trailer=b"/Size 4 /Root 1 0 R")


def start_of(document: bytes) -> bytes:
    return bytes(re.findall(rb"startxref\s+(\d+)", document)[-1])


def behind(document: bytes, content: bytes) -> bytes:
    """An object that takes the place of the catalogue, and leads back to ours."""
    root = PdfFileReader(BytesIO(document)).root_ref.idnum
    return update(document, {root: content}, trailer=b"/Size 9999 /Root %d 0 R /Prev %s" % (root, start_of(document)))


def nested(document: bytes) -> bytes:
    return behind(document, b"<< /Type /Catalog /Pages " + b"[" * 200_000 + b"]" * 200_000 + b" >>")


def around(document: bytes) -> bytes:
    """Cross-references that lead to themselves."""
    return update(document, {9000: b"null"}, trailer=b"/Size 9999 /Prev %d" % (len(document) + 1 + 22))


def swollen(document: bytes) -> bytes:
    """A stream that grows to three quarters of a gigabyte, as the catalogue's metadata."""
    packed = zlib.compressobj(9)
    stream = b"".join(packed.compress(bytes(1 << 20)) for _ in range(768)) + packed.flush()
    root = PdfFileReader(BytesIO(document)).root_ref.idnum
    pages = PdfFileReader(BytesIO(document)).root.raw_get("/Pages").idnum
    content = b"<< /Type /Catalog /Pages %d 0 R /Metadata 9000 0 R /DSS 9000 0 R >>" % pages
    metadata = b"<< /Type /ObjStm /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream"
    return update(
        document,
        {root: content, 9000: metadata},
        trailer=b"/Size 9999 /Root %d 0 R /Prev %s" % (root, start_of(document)),
    )


BOMBS = [nested, around, swollen]
