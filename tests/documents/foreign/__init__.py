"""Programs of others that sign PDFs, or check their signatures, started as their users start them."""

from dataclasses import dataclass
from pathlib import Path
from shutil import which
from subprocess import run
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from app.sandbox.signing import Identity
from tests.documents.by_hand import Signing

HERE = Path(__file__).parent
NODE = HERE.parent.parent / "node"
JAVA = Path("/usr/share/java")
LIBRARIES = ["pdfbox2", "fontbox2", "bcpkix", "bcprov", "bcutil", "commons-logging"]
PASSWORD = "secret"
SECONDS = 60
NEEDED: dict[str, list[object]] = {
    "openssl": [which("openssl")],
    "pdfsig": [which("pdfsig"), which("certutil"), which("pk12util")],
    "pdfbox": [which("javac"), *((JAVA / f"{library}.jar").exists() for library in LIBRARIES)],
    "signpdf": [which("node"), which("openssl"), (NODE / "node_modules" / "@signpdf").exists()],
}


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [program for program in programs if not all(NEEDED[program])]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


@dataclass(frozen=True)
class Files:
    """A folder with a document, and with a person's certificate and key."""

    folder: Path
    identity: Identity

    @property
    def start(self) -> Path:
        return self.folder / "document.pdf"

    @property
    def end(self) -> Path:
        return self.folder / "signed.pdf"

    @property
    def certificate(self) -> Path:
        return self._written("certificate.pem", self.identity.certificate.public_bytes(Encoding.PEM))

    @property
    def key(self) -> Path:
        key = self.identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._written("key.pem", key)

    @property
    def p12(self) -> Path:
        key, certificate = self.identity.key, self.identity.certificate
        # All the programs read these old algorithms.
        sealed = (
            PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(2048)
            .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
            .hmac_hash(hashes.SHA1())  # noqa: S303  # See above.
            .build(PASSWORD.encode())
        )
        return self._written(
            "person.p12", pkcs12.serialize_key_and_certificates(b"person", key, certificate, None, sealed)
        )

    def _written(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def by_openssl(document: bytes, identity: Identity, *options: str, signing: Signing | None = None) -> bytes:
    """Sign by CMS of OpenSSL, in an update written by hand."""

    def cms(content: bytes) -> bytes:
        with TemporaryDirectory() as folder:
            files = Files(Path(folder), identity)
            chosen = options or ("-cades", "-md", "sha256")
            signer = ("-signer", files.certificate, "-inkey", files.key)
            return _run("openssl", "cms", "-sign", "-binary", "-outform", "DER", *chosen, *signer, content=content)

    return (signing or Signing()).sign(document, cms)


def by_pdfbox(document: bytes, identity: Identity, *wishes: str) -> bytes:
    """Sign by PDFBox and BouncyCastle; wishes are `certify=1`, `certify=2` and `tag`."""
    libraries = ":".join(str(JAVA / f"{library}.jar") for library in LIBRARIES)
    with TemporaryDirectory() as folder:
        files = Files(Path(folder), identity)
        files.start.write_bytes(document)
        _run("java", "-cp", libraries, HERE / "Sign.java", files.start, files.end, files.p12, PASSWORD, *wishes)
        return files.end.read_bytes()


def by_signpdf(document: bytes, identity: Identity, *, with_openssl: bool = True) -> bytes:
    """Sign by @signpdf, with CMS of OpenSSL or by its own signer."""
    with TemporaryDirectory() as folder:
        files = Files(Path(folder), identity)
        files.start.write_bytes(document)
        way = ("openssl", files.certificate, files.key) if with_openssl else ("p12", files.p12, PASSWORD)
        _run("node", NODE / "sign.mjs", files.start, files.end, *way)
        return files.end.read_bytes()


def by_pdfsig(document: bytes, identity: Identity) -> bytes:
    """Sign by Poppler and NSS in a field that is there."""
    with TemporaryDirectory() as folder:
        files = Files(Path(folder), identity)
        files.start.write_bytes(document)
        store = _store(folder)
        _run("pk12util", "-i", files.p12, "-d", store, "-W", PASSWORD, "-K", "")
        field = ("-sign", "Signature1", "-nick", "person", "-digest", "SHA256", "-etsi")
        _run("pdfsig", "-nssdir", store, files.start, files.end, *field)
        return files.end.read_bytes()


def checked_by_pdfsig(signed: bytes) -> str:
    """What Poppler says of the signatures."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "signed.pdf"
        path.write_bytes(signed)
        return _run("pdfsig", "-nssdir", _store(folder), "-nocert", path).decode()


def _store(folder: str) -> str:
    """An empty store of keys and certificates, without which Poppler checks nothing."""
    store = f"sql:{folder}"
    _run("certutil", "-N", "-d", store, "--empty-password")
    return store


def _run(*command: str | Path, content: bytes | None = None) -> bytes:
    ended = run(command, input=content, capture_output=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, f"{command[0]}: {(ended.stdout + ended.stderr).decode(errors='replace')}"
    return ended.stdout
