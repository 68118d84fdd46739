"""The keys that a sandbox makes for itself, kept below DATA_DIR over restarts and resets."""

import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from app.api.keys import drawn_key
from app.keys.files import read_private_key
from app.processes import StartFailed
from app.sandbox.authority import FIRST, LAST, Authority
from app.sandbox.signing import Key
from app.settings import IDENTITY_KEY_BYTES, Settings

BADGE_KEY_BITS = 2_048


def with_own_keys(settings: Settings) -> Settings:
    """The settings, with keys of the sandbox's own where they name none. Raise StartFailed."""
    folder = settings.data_dir
    own: dict[str, object] = {}
    try:
        if not settings.badge_keys:
            own["badge_keys"] = [kept_file(folder, "badge-key.pem", _badge_key)]
        if settings.seal_key is None:
            key = kept_file(folder, "seal-key.pem", _seal_key)
            own["seal_key"] = key
            own["seal_certificate"] = kept_file(folder, "seal-certificate.pem", lambda: _certificate(settings, key))
        if not settings.identity_keys:
            key = kept_file(folder, "identity.key", lambda: b64encode(secrets.token_bytes(IDENTITY_KEY_BYTES)))
            own["identity_keys"] = [SecretStr(key.read_text().strip())]
    except OSError as error:
        raise StartFailed(f"Cannot write to {folder} ({error.strerror}). Set another DATA_DIR.") from None
    return settings.model_copy(update=own)


def kept_file(folder: Path, name: str, content: Callable[[], bytes]) -> Path:
    """The file, created once, completely or not at all, and readable only by its owner. Raise OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / name
    if not kept.exists():
        with NamedTemporaryFile("wb", prefix=f"{name}-", dir=folder) as unfinished:  # Its mode is 0600.
            unfinished.write(content())
            unfinished.flush()
            os.fsync(unfinished.fileno())
            if os.geteuid() == 0:
                # A user whose data root has started can start it again.
                owner = folder.stat()
                os.chown(unfinished.name, owner.st_uid, owner.st_gid)
            # If two first starts run at the same time, the second uses the file of the first.
            with suppress(FileExistsError):
                kept.hardlink_to(unfinished.name)
    return kept


def _badge_key() -> bytes:
    return _pem_of(rsa.generate_private_key(65_537, BADGE_KEY_BITS))


def _seal_key() -> bytes:
    return _pem_of(ec.generate_private_key(ec.SECP256R1()))


def _pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _certificate(settings: Settings, key_file: Path) -> bytes:
    """By the authority that the sandbox trusts. It is valid whatever time the sandbox's clock shows."""
    authority = Authority(drawn_key(settings.secret_key.get_secret_value(), "authority"))
    key = cast(Key, read_private_key("SEAL_KEY", key_file))
    identity = authority.issue(name="Tuntipankki", person="seal", valid_from=FIRST, valid_until=LAST, key=key)
    return b"".join(one.public_bytes(Encoding.PEM) for one in (identity.certificate, authority.certificate))
