"""The study centre as the issuer of badges: its public addresses, its profile, and its signature."""

import json
from dataclasses import dataclass

from app.db.organisations.study_centre import get_study_centre
from app.db.sessions import Reader
from app.domain.errors import NotConfigured
from app.domain.people.badge_credentials import BadgeAddresses, Json, issuer_of
from app.keys.badge_keys import BadgeKeys
from app.keys.reading import Keys


@dataclass(frozen=True)
class Issuing:
    addresses: BadgeAddresses
    profile: Json
    keys: BadgeKeys


async def issuing(reader: Reader, keys: Keys) -> Issuing:
    """Raise NotConfigured without keys, a public URL, or the study centre's name in public addresses."""
    public_url, badge_keys = keys.for_badges()
    centre = await get_study_centre(reader)
    if centre.slug is None:
        raise NotConfigured(missing=["slug"])
    addresses = BadgeAddresses(public_url, centre.slug)
    return Issuing(addresses, issuer_of(addresses, centre.name, centre.website), badge_keys)


def signed(centre: Issuing, payload: Json) -> str:
    """The VC-JWT."""
    content = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return centre.keys.sign(content, centre.addresses.key(centre.keys.thumbprint))
