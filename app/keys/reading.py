"""All keys of the settings, as services use them."""

from dataclasses import dataclass

from app.domain.errors import NotConfigured
from app.keys.badge_keys import BadgeKeys
from app.keys.identity_keys import IdentityKeys
from app.keys.seal_keys import SealKey


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
