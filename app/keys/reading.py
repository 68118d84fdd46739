"""Reads all keys of the settings, once at the start."""

from dataclasses import dataclass

from app.domain.errors import NotConfigured
from app.keys.badge_keys import BadgeKeys, read_badge_keys
from app.keys.identity_keys import IdentityKeys, identity_keys_of
from app.keys.seal_keys import SealKey, read_seal_key
from app.settings import Settings


@dataclass(frozen=True)
class Keys:
    """What services sign, seal and encrypt with."""

    public_url: str | None
    badges: BadgeKeys | None
    seal: SealKey | None
    """None if certificates are made unsealed."""
    identities: IdentityKeys | None

    def for_badges(self) -> tuple[str, BadgeKeys]:
        """The public URL, and the keys that sign. Raise NotConfigured."""
        if self.public_url and self.badges:
            return self.public_url, self.badges
        needed = {"BADGE_KEYS": self.badges, "PUBLIC_URL": self.public_url}
        raise NotConfigured(missing=[setting for setting, value in needed.items() if not value])

    def for_identities(self) -> IdentityKeys:
        """Raise NotConfigured."""
        if self.identities:
            return self.identities
        raise NotConfigured(missing=["IDENTITY_KEYS"])


def read_keys(settings: Settings) -> Keys:
    """Raise WrongKeyError."""
    return Keys(
        settings.public_url,
        read_badge_keys(settings.badge_keys),
        read_seal_key(settings.seal_certificate, settings.seal_key),
        identity_keys_of(settings.identity_key_bytes()),
    )
