"""Open Badges 3.0: the JSON of an issuer, an achievement, a credential and a status list (rulebook §3.11).

Nothing here names a person: a credential has a random subject, and the digest of the address with a salt.
"""

import gzip
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.domain.organisations.organisations import Language
from app.domain.people.badge_definitions import BadgeDefinition

CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
LIST_BITS = 131_072
"""The least that Bitstring Status List allows, so that a badge is one of many."""
USED_OF_LIST = LIST_BITS // 2
"""A list takes so many badges, so that a random free index is found at once."""

Json = dict[str, Any]


@dataclass(frozen=True)
class BadgeAddresses:
    """The public addresses of one study centre's badges."""

    public_url: str
    slug: str

    @property
    def _base(self) -> str:
        return f"{self.public_url}/v1/public/{self.slug}/badges"

    @property
    def issuer(self) -> str:
        return f"{self._base}/issuer"

    def key(self, thumbprint: str) -> str:
        return f"{self._base}/keys/{thumbprint}"

    def achievement(self, definition_id: UUID, language: Language) -> str:
        """With the language, so that exactly the achievement of a credential is fetched there."""
        return f"{self._base}/achievements/{definition_id}?language={language}"

    def status_list(self, number: int) -> str:
        return f"{self._base}/status-lists/{number}"

    def credential(self, application_id: UUID) -> str:
        return f"{self._base}/credentials/{application_id}"


@dataclass(frozen=True)
class StatusPlace:
    """Where a credential's bit is."""

    number: int
    index: int


def identifier_of(email: str, salt: str) -> Json:
    """The earner's address, hashed with the salt after it."""
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityType": "emailAddress",
        "identityHash": f"sha256${sha256((email.lower() + salt).encode()).hexdigest()}",
        "salt": salt,
    }


def issuer_of(addresses: BadgeAddresses, name: str, website: str | None) -> Json:
    profile = {"id": addresses.issuer, "type": ["Profile"], "name": name}
    return profile | {"url": website} if website else profile


def achievement_of(definition: BadgeDefinition, language: Language, addresses: BadgeAddresses) -> Json:
    return {
        "id": addresses.achievement(definition.id, language),
        "type": ["Achievement"],
        "inLanguage": language,
        "achievementType": "Badge",
        "name": definition.name.of(language),
        "description": definition.description.of(language),
        "criteria": {"narrative": definition.criteria_text.of(language)},
    }


def credential_of(
    application_id: UUID,
    *,
    addresses: BadgeAddresses,
    issuer: Json,
    achievement: Json,
    subject_id: UUID,
    identifier: Json | None,
    place: StatusPlace,
    valid_from: datetime,
    valid_until: datetime | None,
) -> Json:
    """The payload of the JWT: the credential itself with the claims of Open Badges 3.0 §8.2."""
    subject = f"urn:uuid:{subject_id}"
    credential: Json = {
        "@context": CONTEXTS,
        "id": addresses.credential(application_id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement["name"],
        "issuer": issuer,
        "validFrom": written(valid_from),
        "credentialSubject": {"id": subject, "type": ["AchievementSubject"], "achievement": achievement},
        "credentialStatus": {
            "id": f"{addresses.status_list(place.number)}#{place.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place.index),
            "statusListCredential": addresses.status_list(place.number),
        },
        "iss": addresses.issuer,
        "jti": addresses.credential(application_id),
        "nbf": int(valid_from.timestamp()),
        "sub": subject,
    }
    if identifier:
        credential["credentialSubject"]["identifier"] = [identifier]
    if valid_until:
        credential |= {"validUntil": written(valid_until), "exp": int(valid_until.timestamp())}
    return credential


def status_list_of(
    number: int, revoked: Sequence[int], *, addresses: BadgeAddresses, issuer: Json, changed_at: datetime
) -> Json:
    address = addresses.status_list(number)
    return {
        "@context": CONTEXTS[:1],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer["id"],
        "validFrom": written(changed_at),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded_list(revoked),
        },
        "iss": issuer["id"],
        "jti": address,
        "nbf": int(changed_at.timestamp()),
        "sub": f"{address}#list",
    }


def encoded_list(revoked: Iterable[int]) -> str:
    """The bits, the first one leftmost, compressed and in base64url with its multibase prefix."""
    bits = bytearray(LIST_BITS // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def written(at: datetime) -> str:
    """To the second, as the claims have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
