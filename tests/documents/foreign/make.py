"""Makes the files of `tests/documents/signed` with all the programs: `python -m tests.documents.foreign.make`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from app.sandbox.signing import Identity
from tests.documents.by_hand import Signing
from tests.documents.foreign import by_openssl, by_pdfbox, by_pdfsig, by_signpdf
from tests.documents.test_applications import CONTENT, composed
from tests.documents.test_signatures import AUTHORITY

SIGNED = Path(__file__).parent.parent / "signed"


def signer(name: str) -> Identity:
    """An identity of many years: the programs sign at the time of the computer."""
    now = datetime.now(UTC)
    key = rsa.generate_private_key(65537, 2048)
    years = timedelta(days=365 * 50)
    return AUTHORITY.issue(name=name, person=name[:4], valid_from=now - timedelta(1), valid_until=now + years, key=key)


def main() -> None:
    kaisa, ebba = signer("Kaisa Kuusiranta"), signer("Ebba Strömdal")
    original = composed(CONTENT)
    certified = by_pdfbox(original, kaisa, "certify=2", "tag")
    files = {
        "original": original,
        "openssl": by_openssl(original, kaisa),
        "pdfbox-certified-and-tagged-twice": by_pdfbox(certified, ebba, "tag"),
        "pdfbox-certified-for-no-other": by_pdfbox(by_pdfbox(original, kaisa, "certify=1"), ebba),
        "signpdf-then-pdfbox": by_pdfbox(by_signpdf(original, kaisa), ebba),
        "pdfsig": by_pdfsig(Signing(box=b"70 100 270 150").prepare(original, filled=False), kaisa),
    }
    for name, content in files.items():
        (SIGNED / f"{name}.pdf").write_bytes(content)


if __name__ == "__main__":
    main()
