"""The keys of the settings: read once, checked, and reported without their content when they are wrong."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jws
from joserfc.jwk import RSAKey

from app.api.keys import read_keys
from app.domain.errors import NotConfigured
from app.keys.files import WrongKeyError
from app.keys.identity_keys import UnknownKeyError, identity_keys_of
from app.keys.reading import Keys
from app.sandbox.authority import Authority
from app.sandbox.own_keys import with_own_keys
from app.settings import Settings

SECRET = "a secret of the keys' tests, of thirty-two characters or more"
ORIGIN = "https://tunnit.example.org"
OLD, NEW = (rsa.generate_private_key(65_537, 2_048) for _ in range(2))
SHORT = rsa.generate_private_key(65_537, 1_024)  # noqa: S505 - On purpose too short.
CURVE = ec.generate_private_key(ec.SECP256R1())
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
FIRST, LAST = datetime(2023, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def pem(key: Private, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def public_pem(key: Private) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    """Write a file of an operator."""

    def write(content: bytes) -> Path:
        file = tmp_path / f"{len([*tmp_path.iterdir()])}.pem"
        file.write_bytes(content)
        return file

    return write


def keys_of(**configured: Any) -> Keys:
    return read_keys(Settings(database_url="postgresql://", secret_key=SECRET, **configured))


def test_the_first_key_signs_and_all_are_published(written: Callable[[bytes], Path]) -> None:
    keys = keys_of(public_url=ORIGIN, badge_keys=[written(pem(NEW)), written(public_pem(OLD))])
    origin, badges = keys.for_badges()
    assert origin == ORIGIN
    assert [*badges.public] == [RSAKey.import_key(public_pem(one)).thumbprint() for one in (NEW, OLD)]
    assert badges.thumbprint == next(iter(badges.public))
    for jwk in badges.public.values():
        assert {*jwk} == {"kty", "n", "e", "use", "alg", "kid"} - {"kid"}
    signed = badges.sign(b'{"a": 1}', "https://tunnit.example.org/key")
    content = jws.deserialize_compact(signed, RSAKey.import_key(public_pem(NEW)))
    assert (content.payload, content.headers()) == (
        b'{"a": 1}',
        {"alg": "RS256", "kid": "https://tunnit.example.org/key", "typ": "JWT"},
    )


def test_a_retired_key_may_also_be_a_private_one(written: Callable[[bytes], Path]) -> None:
    badges = keys_of(badge_keys=[written(pem(NEW)), written(pem(OLD))]).badges
    assert badges is not None
    assert len(badges.public) == 2
    assert not any({*jwk} & {"d", "p", "q", "dp", "dq", "qi"} for jwk in badges.public.values())


NO_KEY = "has no private key in PEM that can be read"


@pytest.mark.parametrize(
    ("contents", "wrong", "reported"),
    [
        ([pem(SHORT)], 0, "is no RSA key of 2048 bits or more"),
        ([pem(CURVE)], 0, "is no RSA key of 2048 bits or more"),
        ([public_pem(NEW)], 0, NO_KEY),
        ([b"hunter2"], 0, NO_KEY),
        ([pem(NEW), b"hunter2"], 1, "has no public or private key in PEM that can be read"),
        ([pem(NEW), public_pem(SHORT)], 1, "is no RSA key of 2048 bits or more"),
        ([pem(NEW), public_pem(CURVE)], 1, "is no RSA key of 2048 bits or more"),
    ],
)
def test_a_wrong_badge_key_is_named_without_its_content(
    written: Callable[[bytes], Path], contents: list[bytes], wrong: int, reported: str
) -> None:
    files = [written(content) for content in contents]
    with pytest.raises(WrongKeyError) as error:
        keys_of(badge_keys=files)
    assert str(error.value) == f"BADGE_KEYS: {files[wrong]} {reported}"


def test_an_encrypted_key_and_a_missing_file_are_named(written: Callable[[bytes], Path], tmp_path: Path) -> None:
    encrypted = written(pem(NEW, BestAvailableEncryption(b"hunter2")))
    with pytest.raises(WrongKeyError, match=r"the key in .*pem is encrypted; it is needed without a password"):
        keys_of(badge_keys=[encrypted])
    with pytest.raises(WrongKeyError, match=r"BADGE_KEYS: .*none.pem cannot be read: No such file or directory"):
        keys_of(badge_keys=[tmp_path / "none.pem"])
    with pytest.raises(WrongKeyError, match="two of the files have the same key"):
        keys_of(badge_keys=[written(pem(NEW)), written(public_pem(NEW))])


def test_the_seal_has_its_certificate_chain_and_key(written: Callable[[bytes], Path]) -> None:
    authority = Authority(b"s" * 32)
    seal = authority.issue(name="Opintokeskus", person="seal", valid_from=FIRST, valid_until=LAST, key=CURVE)
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in (seal.certificate, authority.certificate))
    read = keys_of(seal_certificate=written(chain), seal_key=written(pem(CURVE))).seal
    assert read is not None
    assert (read.certificate, read.chain) == (seal.certificate, (authority.certificate,))
    assert read.key.public_key() == CURVE.public_key()
    with pytest.raises(WrongKeyError, match=r"is not the key of the first certificate in"):
        keys_of(seal_certificate=written(chain), seal_key=written(pem(NEW)))
    with pytest.raises(WrongKeyError, match=r"SEAL_CERTIFICATE: .* has no certificate in PEM that can be read"):
        keys_of(seal_certificate=written(b"hunter2"), seal_key=written(pem(CURVE)))


def test_the_first_identity_key_encrypts_and_all_decrypt() -> None:
    old, new = b"o" * 32, b"n" * 32
    before, after = identity_keys_of([old]), identity_keys_of([new, old])
    assert before
    assert after
    closed = before.close("131052-308T", b"row 1")
    assert b"131052" not in closed
    assert closed != before.close("131052-308T", b"row 1")
    assert after.open(closed, b"row 1") == "131052-308T"
    fresh = after.close("131052-308T", b"row 1")
    with pytest.raises(UnknownKeyError):
        before.open(fresh, b"row 1")
    with pytest.raises(UnknownKeyError):
        after.open(fresh, b"row 2")
    turned = fresh[:-1] + bytes([fresh[-1] ^ 1])
    with pytest.raises(UnknownKeyError):
        after.open(turned, b"row 1")


def test_what_is_not_configured_is_named(written: Callable[[bytes], Path]) -> None:
    for keys, missing in (
        (keys_of(), ["BADGE_KEYS", "PUBLIC_URL"]),
        (keys_of(public_url=ORIGIN), ["BADGE_KEYS"]),
        (keys_of(badge_keys=[written(pem(NEW))]), ["PUBLIC_URL"]),
    ):
        with pytest.raises(NotConfigured) as refused:
            keys.for_badges()
        assert refused.value.facts == {"missing": missing}
    with pytest.raises(NotConfigured) as refused:
        keys_of().for_identities()
    assert refused.value.facts == {"missing": ["IDENTITY_KEYS"]}
    assert keys_of(identity_keys=[b64encode(b"k" * 32).decode()]).for_identities().close("1", b"")


def test_a_sandbox_makes_its_keys_once(tmp_path: Path) -> None:
    sandbox = Settings(database_url="", secret_key=SECRET, sandbox=True, own_address=ORIGIN, data_dir=tmp_path)
    first, again = (read_keys(with_own_keys(sandbox)) for _ in range(2))
    assert first.for_badges()[0] == ORIGIN
    assert first.badges
    assert again.badges
    assert json.dumps([*first.badges.public.values()]) == json.dumps([*again.badges.public.values()])
    assert first.seal
    assert again.seal
    assert first.seal.certificate == again.seal.certificate
    first.seal.certificate.verify_directly_issued_by(first.seal.chain[0])
    assert again.for_identities().open(first.for_identities().close("131052-308T", b"1"), b"1") == "131052-308T"
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == dict.fromkeys(
        ("badge-key.pem", "seal-key.pem", "seal-certificate.pem", "identity.key"), "0o600"
    )


def test_a_sandbox_keeps_the_keys_that_it_is_given(written: Callable[[bytes], Path], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    given = Settings(
        database_url="",
        secret_key=SECRET,
        sandbox=True,
        data_dir=folder,
        badge_keys=[written(pem(NEW))],
        identity_keys=[b64encode(b"k" * 32).decode()],
    )
    settings = with_own_keys(given)
    assert (settings.badge_keys, settings.identity_keys) == (given.badge_keys, given.identity_keys)
    assert {file.name for file in folder.iterdir()} == {"seal-key.pem", "seal-certificate.pem"}


def test_the_public_url_of_a_sandbox_alone_is_its_own_address_by_default() -> None:
    for sandbox, given, expected in (
        (True, None, "http://127.0.0.1:8000"),
        (True, ORIGIN, ORIGIN),
        (False, None, None),
    ):
        settings = Settings(
            database_url="",
            secret_key=SECRET,
            sandbox=sandbox,
            public_url=given,
            own_address="http://127.0.0.1:8000",
        )
        assert settings.public_url == expected
