"""Signed files written byte by byte, as no library here would write them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader

ROOM = 16_000
"""Hexadecimal digits for a signature."""
Sign = Callable[[bytes], bytes]
"""From the signed bytes to a CMS signature."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of our document's objects that signing changes, and then those of new ones."""

    root: int
    page: int
    content: int
    structure: int
    top: int
    """The element `Document`."""
    start: int
    """Where the last cross-references are."""
    form: int
    widget: int
    signature: int
    element: int
    other: int


def numbers_of(document: bytes) -> Numbers:
    reader = PdfFileReader(BytesIO(document), strict=False)
    page = reader.root["/Pages"]["/Kids"].raw_get(0)
    structure = reader.root.raw_get("/StructTreeRoot")
    return Numbers(
        reader.root_ref.idnum,
        page.idnum,
        page.get_object().raw_get("/Contents").idnum,
        structure.idnum,
        structure.get_object()["/K"].raw_get(0).idnum,
        reader.xrefs.get_startxref_for_revision(reader.total_revisions - 1),
        *range(reader.trailer_view["/Size"], reader.trailer_view["/Size"] + 5),
    )


def content_of(document: bytes, number: int) -> bytes:
    """The latest object of that number, between `obj` and `endobj`."""
    found: bytes = re.findall(rb"\n%d \d obj\n(.*?)\nendobj" % number, document, re.DOTALL)[-1]
    return found


def update(
    document: bytes, objects: Mapping[int, bytes], *, trailer: bytes = b"", generations: Mapping[int, int] | None = None
) -> bytes:
    """The document, followed by objects with a cross-reference table of their own that leads back to it."""
    numbers = numbers_of(document)
    size = max(numbers.form, *(number + 1 for number in objects))
    body, table = bytearray(document + b"\n"), b""
    for number, content in objects.items():
        generation = (generations or {}).get(number, 0)
        table += b"%d 1\n%010d %05d n \n" % (number, len(body), generation)
        body += b"%d %d obj\n" % (number, generation) + content + b"\nendobj\n"
    trailer = trailer or b"/Size %d /Root %d 0 R /Prev %d" % (size, numbers.root, numbers.start)
    return bytes(body) + b"xref\n" + table + b"trailer\n<< %s >>\nstartxref\n%d\n%%%%EOF\n" % (trailer, len(body))


@dataclass(frozen=True)
class Signing:
    """An update that adds a signature: entries besides the usual ones, and further objects."""

    catalogue: bytes = b""
    form: bytes = b""
    widget: bytes = b""
    signature: bytes = b""
    name: bytes = b"Signature1"
    box: bytes = b"0 0 0 0"
    at: bytes = b"20230316003000+02'00'"
    more: Mapping[int, bytes] = field(default_factory=dict)
    generations: Mapping[int, int] = field(default_factory=dict)

    def prepare(self, document: bytes, *, filled: bool = True) -> bytes:
        """The update with room for the signature, or without a signature."""
        numbers = numbers_of(document)
        form, widget, signature = (
            b"%d %d R" % (number, self.generations.get(number, 0))
            for number in (numbers.form, numbers.widget, numbers.signature)
        )
        root = re.sub(rb"/AcroForm \d+ \d R", b"", content_of(document, numbers.root))
        page = content_of(document, numbers.page)
        widgets = b" ".join([*re.findall(rb"/Annots \[(.*?)\]", page), widget])
        value = b"/V " + signature if filled else b""
        objects = {
            numbers.root: root.removesuffix(b">>") + b"/AcroForm %s %s>>" % (form, self.catalogue),
            numbers.page: re.sub(rb"/Annots \[.*?\]", b"", page).removesuffix(b">>") + b"/Annots [%s]>>" % widgets,
            numbers.form: b"<</Fields [%s] /SigFlags 3 %s>>" % (widgets, self.form),
            numbers.widget: b"<</Type /Annot /Subtype /Widget /FT /Sig /T (%s) /Rect [%s] /F 132 /P %d 0 R %s %s>>"
            % (self.name, self.box, numbers.page, value, self.widget),
        }
        if filled:
            objects[numbers.signature] = (
                b"<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%s) "
                b"/ByteRange [0 %010d %010d %010d] /Contents <%s> %s>>"
            ) % (self.at, 0, 0, 0, b"0" * ROOM, self.signature)
        return update(document, objects | dict(self.more), generations=self.generations)

    def sign(self, document: bytes, make: Sign) -> bytes:
        return filled(self.prepare(document), make)


def filled(prepared: bytes, make: Sign) -> bytes:
    """The update with its signature, in the last room for one."""
    begin = prepared.rindex(b"/Contents <" + b"0" * 100) + len(b"/Contents ")
    end = prepared.index(b">", begin) + 1
    place = list(re.finditer(rb"\[0 \d{10} \d{10} \d{10}\]", prepared[:begin]))[-1]
    where = b"[0 %010d %010d %010d]" % (begin, end, len(prepared) - end)
    before = prepared[: place.start()] + where + prepared[place.end() : begin]
    signature = make(before + prepared[end:]).hex().encode()
    return before + b"<" + signature.ljust(end - begin - 2, b"0") + b">" + prepared[end:]


def certifying(document: bytes, parameters: bytes) -> Signing:
    """A signature that the catalogue names as the one that certifies the document."""
    reference = b"/Reference [<</Type /SigRef /TransformMethod /DocMDP %s>>]" % parameters
    named = b"/Perms <</DocMDP %d 0 R>>" % numbers_of(document).signature
    return Signing(signature=reference, catalogue=named)


def tagging(document: bytes, *, element: bytes = b"", kid: bytes = b"", **contents: bytes) -> Signing:
    """A signature whose widget is tagged; `contents` take the place of the structure's right ones."""
    numbers = numbers_of(document)
    top, structure = content_of(document, numbers.top), content_of(document, numbers.structure)
    key = int(re.findall(rb"/ParentTreeNextKey (\d+)", structure)[0])
    kid = kid or b"<</Type /OBJR /Obj %d 0 R /Pg %d 0 R>>" % (numbers.widget, numbers.page)
    right = {
        numbers.top: top.removesuffix(b"]>>") + b" %d 0 R]>>" % numbers.element,
        numbers.structure: structure.replace(
            b"]>>/ParentTreeNextKey %d" % key,
            b" %d %d 0 R]>>/ParentTreeNextKey %d" % (key, numbers.element, key + 1),
        ),
        numbers.element: b"<</Type /StructElem /P %d 0 R /K %s %s>>" % (numbers.top, kid, element or b"/S /Form"),
    }
    given = {getattr(numbers, name): content for name, content in contents.items()}
    return Signing(widget=b"/StructParent %d" % key, more=right | given)
