"""What signing programs add besides a signature: harmless additions are accepted, and their hostile neighbours refused.

The files are written byte by byte, and signed in this process.
"""

import asyncio
import re
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from app.sandbox.signing import Identity, signer_of
from tests.documents import hostile
from tests.documents.by_hand import Sign, Signing, certifying, content_of, numbers_of, tagging
from tests.documents.test_signatures import AUTHORITY, finding_of, found, identity_of, original

DOCUMENT = original()
AT = numbers_of(DOCUMENT)
TOP, STRUCTURE, CATALOGUE = (content_of(DOCUMENT, number) for number in (AT.top, AT.structure, AT.root))
COVERED = b"<</Length 16>>\nstream\n0 0 595 842 re f\nendstream"
SCRIPT = b"<</S /JavaScript /JS (app.alert\\(1\\))>>"


def by(identity: Identity) -> Sign:
    """A CMS signature by the library that the sandbox uses."""

    def make(content: bytes) -> bytes:
        signer = signer_of(identity, hostile.root_of(AUTHORITY))
        digest = sha256(content).digest()
        signed: bytes = asyncio.run(signer.async_sign(digest, "sha256", use_pades=True)).dump()
        return signed

    return make


def moved(top: bytes) -> bytes:
    """The element with its first two kids in the other order."""
    return re.sub(rb"/K\[(\d+ 0 R) (\d+ 0 R)", rb"/K[\2 \1", top)


def signed(signing: Signing) -> bytes:
    return signing.sign(DOCUMENT, by(identity_of()))


CERTIFYING = certifying(DOCUMENT, b"/TransformParams <</Type /TransformParams /P 2 /V /1.2>>")
TAGGING = tagging(DOCUMENT)
KIDS = TOP.index(b"/K[") + len(b"/K")

HARMLESS = {
    "a form that says what it is": Signing(form=b"/Type /AcroForm"),
    "no calculated fields": Signing(form=b"/CO []"),
    "no calculated fields, in an object": Signing(form=b"/CO %d 0 R" % AT.other, more={AT.other: b"[]"}),
    "appearances that are there": Signing(form=b"/NeedAppearances false"),
    "certified": CERTIFYING,
    "certified for nobody else": certifying(DOCUMENT, b"/TransformParams <</P 1>>"),
    "certified with comments": certifying(DOCUMENT, b"/TransformParams <</P 3>>"),
    "certified by default": certifying(DOCUMENT, b"/TransformParams <</V /1.2>>"),
    "certified without parameters": certifying(DOCUMENT, b""),
    "certified, parameters in an object": replace(
        certifying(DOCUMENT, b"/TransformParams %d 0 R" % AT.other), more={AT.other: b"<</P 2>>"}
    ),
    "tagged": TAGGING,
    "tagged with a name": tagging(DOCUMENT, element=b"/S /Form /Pg %d 0 R /Alt (Allekirjoitus)" % AT.page),
    "tagged, kids in an object": tagging(
        DOCUMENT,
        top=TOP[:KIDS] + b" %d 0 R>>" % AT.other,
        other=TOP[KIDS:].removesuffix(b"]>>") + b" %d 0 R]" % AT.element,
    ),
    "new objects of another generation": Signing(generations={AT.form: 1, AT.widget: 1, AT.signature: 2}),
}


@pytest.mark.parametrize("signing", HARMLESS.values(), ids=HARMLESS.keys())
def test_a_harmless_addition_is_accepted(signing: Signing) -> None:
    assert finding_of(signed(signing)) is None


HOSTILE = {
    "a form of another kind": Signing(form=b"/Type /Other"),
    "a calculated field": Signing(form=b"/CO [%d 0 R]" % AT.widget),
    "appearances that readers draw": Signing(form=b"/NeedAppearances true"),
    "a form in XML": Signing(form=b"/XFA []"),
    "a field with an action": Signing(widget=b"/A " + SCRIPT),
    "a field with an action for the page": Signing(widget=b"/AA <</PO %s>>" % SCRIPT),
    "a catalogue with an action": Signing(catalogue=b"/AA <</WC %s>>" % SCRIPT),
    "usage rights": replace(CERTIFYING, catalogue=b"/Perms <</UR3 %d 0 R>>" % AT.signature),
    "usage rights too": replace(CERTIFYING, catalogue=b"/Perms <</DocMDP %d 0 R /UR3 %d 0 R>>" % ((AT.signature,) * 2)),
    "certified by a page": replace(CERTIFYING, catalogue=b"/Perms <</DocMDP %d 0 R>>" % AT.page),
    "certified by one that does not": replace(CERTIFYING, signature=b""),
    "tagged as text": tagging(DOCUMENT, element=b"/S /P"),
    "tagged with text": tagging(DOCUMENT, element=b"/S /Form /ActualText (No)"),
    "tagged with content": tagging(DOCUMENT, kid=b"0"),
    "tagged with content too": tagging(
        DOCUMENT, kid=b"[<</Type /OBJR /Obj %d 0 R>> <</Type /MCR /Pg %d 0 R /MCID 0>>]" % (AT.widget, AT.page)
    ),
    "a tagged page": tagging(DOCUMENT, kid=b"<</Type /OBJR /Obj %d 0 R>>" % AT.page),
    "tagged below another": tagging(
        DOCUMENT, element=b"<</S /Form /P %d 0 R /K <</Type /OBJR /Obj %d 0 R>>" % (AT.structure, AT.widget)
    ),
    "tags in another order": tagging(DOCUMENT, top=moved(TAGGING.more[AT.top])),
    "a tag left out": tagging(DOCUMENT, top=re.sub(rb"/K\[\d+ 0 R ", b"/K[", TAGGING.more[AT.top])),
    "a tag with another meaning": tagging(DOCUMENT, top=TAGGING.more[AT.top].replace(b"/Document", b"/Artifact")),
    "a tag with a text": tagging(DOCUMENT, top=TAGGING.more[AT.top].replace(b"/K[", b"/ActualText (No) /K[")),
    "roles with another meaning": tagging(
        DOCUMENT, structure=TAGGING.more[AT.structure].replace(b"/Title/P", b"/Title/Span")
    ),
    "content of another parent": tagging(
        DOCUMENT, structure=re.sub(rb"/Nums\[0 \d+", b"/Nums[0 %d" % AT.element, TAGGING.more[AT.structure])
    ),
    "a widget of another parent": tagging(
        DOCUMENT, structure=TAGGING.more[AT.structure].replace(b" %d 0 R]" % AT.element, b" %d 0 R]" % AT.top)
    ),
    "numbers used again": tagging(DOCUMENT, structure=TAGGING.more[AT.structure].replace(b"NextKey 2", b"NextKey 0")),
    "our page in another generation": Signing(generations={AT.content: 1}, more={AT.content: COVERED}),
    "our page in another place": Signing(more={AT.content: COVERED}),
}


@pytest.mark.parametrize("signing", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_addition_that_only_looks_harmless_is_refused(signing: Signing) -> None:
    assert finding_of(signed(signing)) == "altered"


@pytest.mark.parametrize(("permission", "expected"), [(1, "altered"), (2, None), (3, None)])
def test_a_certification_says_whether_others_may_sign(permission: int, expected: str | None) -> None:
    first = signed(certifying(DOCUMENT, b"/TransformParams <</P %d>>" % permission))
    ebba = identity_of("Ebba Strömdal")
    for box in (b"0 0 0 0", b"70 100 270 150"):
        assert finding_of(Signing(name=b"Signature2", box=box).sign(first, by(ebba))) == expected


def test_only_the_first_signature_certifies() -> None:
    first = signed(Signing())
    second = replace(certifying(first, b"/TransformParams <</P 2>>"), name=b"Signature2")
    assert finding_of(replace(second, catalogue=b"").sign(first, by(identity_of("Ebba Strömdal")))) is None
    assert finding_of(second.sign(first, by(identity_of("Ebba Strömdal")))) == "altered"


def test_two_signatures_are_tagged_one_after_the_other() -> None:
    first = signed(TAGGING)
    again = replace(tagging(first), name=b"Signature2")
    assert found(again.sign(first, by(identity_of("Ebba Strömdal"))))["count"] == 2


def test_a_signature_that_does_not_sign_its_certificates_name_is_not_pades() -> None:
    def plain(content: bytes) -> bytes:
        identity, options = identity_of(), pkcs7.PKCS7Options
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(identity.certificate, identity.key, hashes.SHA256())
        return builder.sign(Encoding.DER, [options.DetachedSignature, options.Binary, options.NoCapabilities])

    assert found(Signing().sign(DOCUMENT, plain)) == {
        "finding": "signature-kind",
        "signature": 1,
        "subject": "serialNumber=Kaisa,CN=Kaisa Kuusiranta,C=FI",
    }
