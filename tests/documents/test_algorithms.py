"""The algorithms that a signature names outside the signed bytes, in both ways of writing them (RFC 5754 §2)."""

import asyncio
from collections.abc import Callable
from functools import cache
from hashlib import new

import pytest
from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox.signing import Identity, signer_of
from tests.documents import hostile
from tests.documents.by_hand import Signing
from tests.documents.test_signatures import AUTHORITY, MADE_AT, NOW, finding_of, identity_of, original

ABSENT, NULL = b"", core.Null().dump()
INTEGER, TEXT = core.Integer(7).dump(), core.OctetString(b"hidden").dump()
WAYS = pytest.mark.parametrize("parameters", [ABSENT, NULL], ids=["absent", "null"])


def identifier(name: core.ObjectIdentifier, parameters: bytes) -> bytes:
    """An algorithm's identifier, byte by byte: the library writes NULL where nothing is given."""
    content: bytes = name.dump() + parameters
    return bytes([0x30, len(content)]) + content


def signed_naming(
    identity: Identity,
    hashing: str = "sha256",
    *,
    digest: bytes | None = None,
    named: str | None = None,
    signature: bytes | None = None,
) -> bytes:
    """Our document, signed, with these parameters of the digest and the signature algorithm."""

    def make(content: bytes) -> bytes:
        signer = signer_of(identity, hostile.root_of(AUTHORITY))
        info = asyncio.run(signer.async_sign(new(hashing, content).digest(), hashing, use_pades=True))
        data = info["content"]
        (person,) = data["signer_infos"]
        if digest is not None:
            written = identifier(algos.DigestAlgorithmId(named or hashing), digest)
            person["digest_algorithm"] = algos.DigestAlgorithm.load(written)
            data["digest_algorithms"] = cms.DigestAlgorithms([algos.DigestAlgorithm.load(written)])
            assert identifier(algos.DigestAlgorithmId(named or hashing), digest) in info.dump()
        if signature is not None:
            written = identifier(person["signature_algorithm"]["algorithm"], signature)
            person["signature_algorithm"] = algos.SignedDigestAlgorithm.load(written)
            assert written in info.dump()
        result: bytes = info.dump()
        return result

    return Signing().sign(original(), make)


@cache
def with_rsa() -> Identity:
    key = rsa.generate_private_key(65537, 2048)
    return AUTHORITY.issue(name="Kaisa Kuusiranta", person="Kaisa", valid_from=MADE_AT, valid_until=NOW, key=key)


@WAYS
@pytest.mark.parametrize("hashing", ["sha256", "sha384", "sha512"])
def test_parameters_of_a_digest_may_be_absent_or_null(hashing: str, parameters: bytes) -> None:
    assert finding_of(signed_naming(identity_of(), hashing, digest=parameters)) is None


@WAYS
@pytest.mark.parametrize("identity", [identity_of, with_rsa], ids=["ecdsa", "rsa"])
def test_parameters_of_a_signature_may_be_absent_or_null(identity: Callable[[], Identity], parameters: bytes) -> None:
    assert finding_of(signed_naming(identity(), signature=parameters)) is None


@pytest.mark.parametrize("parameters", [INTEGER, TEXT], ids=["a number", "a text"])
def test_other_parameters_are_bytes_that_nothing_protects(parameters: bytes) -> None:
    assert finding_of(signed_naming(identity_of(), digest=parameters)) == "signature-broken"
    assert finding_of(signed_naming(with_rsa(), signature=parameters)) == "signature-broken"


@pytest.mark.parametrize("named", ["md5", "sha1", "sha384"])
def test_another_digest_than_the_signed_one_is_refused(named: str) -> None:
    assert finding_of(signed_naming(identity_of(), digest=ABSENT, named=named)) == "signature-broken"
