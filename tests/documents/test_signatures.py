"""Signatures of a signed document: valid ones are returned, and every fault is refused by its finding."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from itertools import chain
from uuid import UUID

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from app.documents.examining import findings
from app.documents.signatures import Trust, examine
from app.domain.people.signatures import SIGNED_DOCUMENT_BYTES, Finding, SignedDocumentRefused
from app.sandbox.authority import Authority, Use
from app.sandbox.signing import Identity, sign, signer_of
from tests.documents import hostile
from tests.documents.chains import chain as certified
from tests.documents.test_applications import CONTENT, composed

MADE_AT = CONTENT.made_at
HOUR = timedelta(hours=1)
SIGNED_AT = MADE_AT + HOUR
NOW = MADE_AT + 2 * HOUR
AUTHORITY = Authority(b"a" * 32, "Testivarmentaja")
STRANGER = Authority(b"s" * 32, "Testivarmentaja")
EVIDENCE = AUTHORITY.revocation_list(MADE_AT)


@cache
def original() -> bytes:
    return composed(CONTENT)


@cache
def identity_of(name: str = "Kaisa Kuusiranta", *, authority: Authority = AUTHORITY, use: Use = "sign") -> Identity:
    beginning, end = MADE_AT - HOUR, NOW + 24 * HOUR
    return authority.issue(name=name, person=name[:5], valid_from=beginning, valid_until=end, use=use)


def signed_by(
    identity: Identity, document: bytes | None = None, *, at: datetime = SIGNED_AT, **options: object
) -> bytes:
    document = original() if document is None else document
    return sign(document, identity, root=AUTHORITY.root, at=at, **options)  # type: ignore[arg-type]  # By their names.


def found(signed: bytes, *lists: bytes, now: datetime = NOW, root: bytes = AUTHORITY.root) -> dict[str, object]:
    """The result of the limited process, examined in this process, which is quicker."""
    known = {"made_at": MADE_AT.isoformat(), "now": now.isoformat(), "roots": 1}
    answer = json.loads(findings(original(), signed, json.dumps(known).encode(), root, *lists))
    if "finding" in answer:
        return dict(answer)
    return {**answer["signatures"][-1], "count": len(answer["signatures"])}


def finding_of(signed: bytes, *lists: bytes, now: datetime = NOW) -> object:
    return found(signed, *lists, now=now).get("finding")


def examined_finding(signed: bytes) -> Finding:
    with pytest.raises(SignedDocumentRefused) as refused:
        asyncio.run(examine(original(), signed, Trust((AUTHORITY.root,)), made_at=MADE_AT, now=NOW))
    return refused.value.finding


def test_the_signatures_of_two_people_are_returned_completely() -> None:
    first = asyncio.run(AUTHORITY.sign(original(), name="Kaisa Kuusiranta", person="p-1", at=SIGNED_AT))
    both = asyncio.run(AUTHORITY.sign(first, name="Ebba Strömdal", person="p-2", at=SIGNED_AT + HOUR / 2))
    examination = asyncio.run(examine(original(), both, Trust((AUTHORITY.root,)), made_at=MADE_AT, now=NOW))
    assert examination.document_digest == sha256(original()).hexdigest()
    assert examination.signed_document_digest == sha256(both).hexdigest()
    assert examination.examined_at == NOW
    kaisa, ebba = examination.signatures
    assert (kaisa.certificate.common_name, ebba.certificate.common_name) == ("Kaisa Kuusiranta", "Ebba Strömdal")
    assert kaisa.certificate.subject == "serialNumber=p-1,CN=Kaisa Kuusiranta,C=FI"
    assert kaisa.certificate.issuer == "CN=Testivarmentaja,C=FI"
    assert kaisa.certificate.valid_from == SIGNED_AT - HOUR
    assert (kaisa.signed_at, ebba.signed_at) == (SIGNED_AT, SIGNED_AT + HOUR / 2)
    assert kaisa.signed_at_by == "signer"
    assert kaisa.revocation == ebba.revocation == "good"
    assert {check.finding for check in kaisa.checks} == {"passed"}
    assert len(kaisa.checks) == 6


def test_without_evidence_the_revocation_of_a_certificate_is_unknown() -> None:
    signed = signed_by(identity_of())
    assert found(signed)["revocation"] == "unknown"
    assert found(signed, EVIDENCE)["revocation"] == "good"
    assert found(signed_by(identity_of(), revocation_list=EVIDENCE))["revocation"] == "good"


def test_evidence_that_is_too_old_or_of_another_authority_does_not_count() -> None:
    signed = signed_by(identity_of())
    stale = AUTHORITY.revocation_list(MADE_AT - 48 * HOUR, next_at=MADE_AT - 24 * HOUR)
    assert found(signed, stale)["revocation"] == "unknown"
    assert found(signed, STRANGER.revocation_list(MADE_AT))["revocation"] == "unknown"


def test_a_configured_list_prevails_over_an_older_embedded_one() -> None:
    identity = identity_of()
    signed = signed_by(identity, revocation_list=EVIDENCE)
    newer = AUTHORITY.revocation_list(SIGNED_AT, [identity])
    assert finding_of(signed, newer) == "certificate-revoked"
    assert finding_of(signed, AUTHORITY.revocation_list(SIGNED_AT, [identity_of("Ebba Strömdal")])) is None


def with_evidence(
    signed: bytes, *, certs: Sequence[bytes] = (), crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()
) -> bytes:
    """The signed document with its certificates, and lists or responses about them, behind the signature (B-LT)."""
    output = BytesIO(signed)
    DocumentSecurityStore.add_dss(
        output,
        None,
        certs=[asn1_x509.Certificate.load(one) for one in certs],
        crls=[asn1_crl.CertificateList.load(one) for one in crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in ocsps],
    )
    return output.getvalue()


def status_of(identity: Identity, *, by: Authority = AUTHORITY, revoked: bool = False) -> bytes:
    """An OCSP response."""
    kind = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    response = ocsp.OCSPResponseBuilder().add_response(
        cert=identity.certificate,
        issuer=AUTHORITY.certificate,
        algorithm=hashes.SHA256(),
        cert_status=kind,
        this_update=SIGNED_AT.astimezone(UTC),
        next_update=(NOW + 12 * HOUR).astimezone(UTC),
        revocation_time=SIGNED_AT.astimezone(UTC) if revoked else None,
        revocation_reason=None,
    )
    named = response.responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    return named.sign(by._key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_revoked_authority_is_found_beside_a_list_that_is_too_old() -> None:
    root, first, second, signer = certified("Juuri", "Ylempi", "Alempi", "Kaisa Kuusiranta", at=MADE_AT)
    signed = sign(original(), signer.identity, root=root.der, at=SIGNED_AT)
    stale = root.list_of(at=MADE_AT - 48 * HOUR, until=MADE_AT - 24 * HOUR)
    configured = first.list_of(second, at=MADE_AT, until=NOW + HOUR)
    for lists in ([], [stale]):
        brought = with_evidence(signed, certs=[first.der, second.der], crls=lists)
        assert found(brought, root=root.der)["revocation"] == "unknown"
        assert found(brought, configured, root=root.der)["finding"] == "certificate-revoked"
        assert found(brought, configured, stale, root=root.der)["finding"] == "certificate-revoked"


def test_an_embedded_list_can_revoke_the_certificate() -> None:
    signed = signed_by(identity_of())
    assert found(with_evidence(signed, crls=[EVIDENCE]))["revocation"] == "good"
    listed = AUTHORITY.revocation_list(SIGNED_AT, [identity_of()])
    assert finding_of(with_evidence(signed, crls=[listed])) == "certificate-revoked"
    # Only the signature itself says that it was made before the revocation; a time stamp proves it.
    later = AUTHORITY.revocation_list(NOW - HOUR / 4, [identity_of()])
    assert finding_of(with_evidence(signed, crls=[later])) == "certificate-revoked"
    assert finding_of(with_evidence(signed_by(identity_of(), timestamper=stamper()), crls=[later])) is None


def test_an_embedded_response_is_read_if_the_certificate_names_a_responder() -> None:
    beginning, end = MADE_AT - HOUR, NOW + 24 * HOUR
    identity, other = (
        AUTHORITY.issue(
            name=name, person=name[:4], valid_from=beginning, valid_until=end, responder="http://ocsp.invalid"
        )
        for name in ("Kaisa Kuusiranta", "Ebba Strömdal")
    )
    signed = signed_by(identity)
    assert found(signed)["revocation"] == "unknown"
    assert found(with_evidence(signed, ocsps=[status_of(identity)]))["revocation"] == "good"
    assert finding_of(with_evidence(signed, ocsps=[status_of(identity, revoked=True)])) == "certificate-revoked"
    # Evidence that is too old, about another certificate or from another authority does not count.
    assert found(with_evidence(signed, ocsps=[status_of(identity)]), now=NOW + 20 * HOUR)["revocation"] == "unknown"
    for response in (status_of(other), status_of(identity, by=STRANGER), status_of(other, revoked=True)):
        assert found(with_evidence(signed, ocsps=[response]))["revocation"] == "unknown"
    both = signed_by(other, with_evidence(signed, ocsps=[status_of(identity)]))
    assert found(both)["revocation"] == "unknown"
    assert found(with_evidence(both, ocsps=[status_of(other)]))["revocation"] == "good"
    assert finding_of(with_evidence(both, ocsps=[status_of(other, revoked=True)])) == "certificate-revoked"
    nowhere = with_evidence(signed_by(identity_of()), ocsps=[status_of(identity_of())])
    assert found(nowhere)["revocation"] == "unknown"


def stamper() -> DummyTimeStamper:
    key = rsa.generate_private_key(65537, 2048)  # The library's stamper knows no other.
    identity = AUTHORITY.issue(
        name="Aikaleima", person="t", valid_from=MADE_AT, valid_until=NOW + HOUR, use="time-stamp", key=key
    )
    signer = signer_of(identity, hostile.root_of(AUTHORITY))
    return DummyTimeStamper(
        signer.signing_cert, signer.signing_key, certs_to_embed=signer.cert_registry, fixed_dt=SIGNED_AT
    )


def test_a_trusted_time_stamp_keeps_the_signature_of_a_short_lived_certificate() -> None:
    brief = AUTHORITY.issue(name="K", person="k", valid_from=MADE_AT, valid_until=SIGNED_AT + HOUR / 4)
    assert finding_of(signed_by(brief)) == "certificate-expired"
    stamped = found(signed_by(brief, timestamper=stamper()))
    assert (stamped["signed_at_by"], stamped["signed_at"]) == ("time-stamp", SIGNED_AT.isoformat())


def test_each_person_signs_once() -> None:
    once = signed_by(identity_of())
    again = AUTHORITY.issue(name="Kaisa Kuusiranta", person="Kaisa", valid_from=MADE_AT, valid_until=NOW + HOUR)
    for identity in (identity_of(), again):
        refused = found(signed_by(identity, once))
        assert (refused["finding"], refused["signature"]) == ("signed-twice", 2)
        assert refused["subject"] == "serialNumber=Kaisa,CN=Kaisa Kuusiranta,C=FI"
    assert found(signed_by(identity_of("Ebba Strömdal"), once))["count"] == 2


@pytest.mark.parametrize(
    ("expected", "make"),
    [
        ("certificate-untrusted", lambda: signed_by(identity_of(authority=STRANGER))),
        ("certificate-expired", lambda: signed_by(short_lived(SIGNED_AT - HOUR, SIGNED_AT + HOUR / 2))),
        ("certificate-expired", lambda: signed_by(short_lived(NOW + HOUR, NOW + 2 * HOUR))),
        ("certificate-unfit", lambda: signed_by(identity_of(use="sign-in"))),
        ("certificate-revoked", lambda: signed_by(identity_of(), revocation_list=None)),
        ("signature-kind", lambda: signed_by(identity_of(), kind=SigSeedSubFilter.ADOBE_PKCS7_DETACHED)),
        ("signature-time", lambda: signed_by(identity_of(), at=MADE_AT - HOUR)),
        ("signature-time", lambda: signed_by(identity_of(), at=NOW + HOUR)),
        ("altered", lambda: signed_by(identity_of(), box=(0, 0, 595, 842))),
    ],
)
def test_each_fault_of_a_signature_has_its_finding(expected: Finding, make: Callable[[], bytes]) -> None:
    revoked = [AUTHORITY.revocation_list(SIGNED_AT, [identity_of()])] if expected == "certificate-revoked" else []
    refused = found(make(), *revoked)
    assert refused["finding"] == expected
    if expected.startswith("certificate"):
        assert refused["signature"] == 1
        assert "CN=Kaisa" in str(refused["subject"])


def short_lived(valid_from: datetime, valid_until: datetime) -> Identity:
    return AUTHORITY.issue(name="Kaisa", person="1", valid_from=valid_from, valid_until=valid_until)


def test_a_visible_stamp_is_a_signature_too() -> None:
    assert finding_of(signed_by(identity_of(), box=(70, 100, 270, 150))) is None


def test_a_file_that_is_not_our_document_is_refused_unread() -> None:
    other = composed(replace(CONTENT, application_id=UUID(int=7)))
    assert examined_finding(signed_by(identity_of(), other)) == "not-this-document"
    assert examined_finding(original()) == "not-signed"
    assert examined_finding(original()[:-100]) == "not-a-pdf"
    assert examined_finding(b"") == "not-a-pdf"
    assert examined_finding(b"<svg onload='alert(1)'/>") == "not-a-pdf"
    assert examined_finding(hostile.encrypted(original())) == "encrypted"
    assert examined_finding(signed_by(identity_of()) + bytes(60_000_000)) == "too-large"
    assert len(signed_by(identity_of())) < SIGNED_DOCUMENT_BYTES / 100


@pytest.mark.parametrize("change", hostile.CHANGES)
def test_every_other_change_before_or_after_signing_is_refused(change: Callable[[bytes], bytes]) -> None:
    assert finding_of(signed_by(identity_of(), change(original()))) == "altered"
    assert finding_of(change(signed_by(identity_of()))) == "altered"


def test_a_second_document_behind_our_bytes_is_refused() -> None:
    assert finding_of(signed_by(identity_of(), hostile.another_behind(original()))) == "altered"
    assert finding_of(hostile.another_behind(signed_by(identity_of()))) == "altered"


@pytest.mark.parametrize("tail", [b"JUNK", b"\n%junk<script>", bytes(100), b"PK\x03\x04", "again"])
def test_nothing_follows_the_last_signature(tail: bytes | str) -> None:
    signed = signed_by(identity_of())
    # The true end again: readers look for the last of its kind.
    again = signed[signed.rindex(b"startxref") :]
    longer = signed + (again if isinstance(tail, str) else tail)
    assert finding_of(longer) == "altered"
    assert finding_of(with_evidence(longer, crls=[EVIDENCE])) == "altered"
    assert finding_of(signed_by(identity_of("Ebba Strömdal"), longer)) == "altered"
    assert finding_of(signed + b"\r\n") is None


@pytest.mark.long
def test_one_byte_altered_anywhere_is_refused() -> None:
    signed = bytearray(signed_by(identity_of(), revocation_list=EVIDENCE))
    begin = len(original())
    contents = signed.index(b"/Contents <", begin)
    end = signed.index(b">", contents)
    accepted = []
    # A signature does not cover its own bytes, but each of them matters to it: the first ones name versions and
    # algorithms.
    placed = [
        range(contents + 50, contents + 110, 3),
        range(contents + 1190, contents + 1220, 2),
        range(contents, end, 211),
    ]
    for offset in chain(range(begin, contents, 97), *placed, range(end, len(signed), 61)):
        signed[offset] ^= 1
        if finding_of(bytes(signed)) is None:
            accepted.append((offset - begin, bytes(signed[offset - 10 : offset + 10])))
        signed[offset] ^= 1
    assert accepted == []
    for offset in range(0, begin, 1009):
        signed[offset] ^= 1
        with pytest.raises(SignedDocumentRefused):
            asyncio.run(examine(original(), bytes(signed), Trust((AUTHORITY.root,)), made_at=MADE_AT, now=NOW))
        signed[offset] ^= 1
    assert finding_of(bytes(signed)) is None


@pytest.mark.parametrize("cut", [1, 10, 100, 1000, 8000])
def test_a_truncated_file_is_refused(cut: int) -> None:
    assert finding_of(signed_by(identity_of())[:-cut]) in {"not-a-pdf", "altered", "signature-broken", "not-signed"}


@pytest.mark.parametrize("build", hostile.BOMBS)
def test_a_hostile_file_ends_with_its_process(build: Callable[[bytes], bytes]) -> None:
    assert examined_finding(build(original())) in {"not-a-pdf", "altered", "too-demanding"}
