"""The configured roots and revocation lists, read from their files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.documents.trust import read_trust
from app.sandbox.authority import Authority

FIRST, SECOND = Authority(b"1" * 32, "First"), Authority(b"2" * 32, "Second")
LIST = FIRST.revocation_list(datetime(2023, 3, 15, tzinfo=UTC))


def test_both_forms_are_read_and_a_file_may_have_several_roots(tmp_path: Path) -> None:
    both, one, der, pem = (tmp_path / name for name in ("both.pem", "one.cer", "list.crl", "list.pem"))
    both.write_bytes(b"".join(each.certificate.public_bytes(Encoding.PEM) for each in (FIRST, SECOND)))
    one.write_bytes(FIRST.root)
    der.write_bytes(LIST)
    pem.write_bytes(x509.load_der_x509_crl(LIST).public_bytes(Encoding.PEM))
    assert read_trust([both], [der, pem]).roots == (FIRST.root, SECOND.root)
    trust = read_trust([one], [der, pem], SECOND.root)
    assert (trust.roots, trust.revocation_lists) == ((FIRST.root, SECOND.root), (LIST, LIST))


def test_a_file_without_a_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(b"not a certificate")
    with pytest.raises(ValueError, match=r"root\.pem has no certificate"):
        read_trust([tmp_path / "root.pem"], [])
    with pytest.raises(ValueError, match=r"nowhere\.pem cannot be read: No such file"):
        read_trust([tmp_path / "nowhere.pem"], [])
