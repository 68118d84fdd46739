"""What anybody reads about badges: the issuer, its keys, achievements, status lists, and badges that are shown."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from uuid import UUID

from app.db.people.badge_applications import applications, find_credential, find_last_list, get_list_use
from app.db.people.badge_definitions import definitions
from app.db.sessions import Reader
from app.domain.errors import NotFound
from app.domain.organisations.organisations import Language
from app.domain.people.badge_credentials import CONTEXTS, Json, achievement_of, status_list_of
from app.keys.reading import Keys
from app.services.people.badge_issuing import issuing, signed

NO_CHANGE_YET = datetime(2023, 1, 1, tzinfo=UTC)
"""The time of a status list without badges."""


async def get_issuer(reader: Reader, keys: Keys) -> Json:
    return {"@context": CONTEXTS, **(await issuing(reader, keys)).profile}


async def get_keys(reader: Reader, keys: Keys) -> Json:
    """The JWK set, the signing key first."""
    centre = await issuing(reader, keys)
    return {
        "keys": [{**jwk, "kid": centre.addresses.key(thumbprint)} for thumbprint, jwk in centre.keys.public.items()]
    }


async def get_key(reader: Reader, keys: Keys, thumbprint: str) -> Json:
    centre = await issuing(reader, keys)
    if thumbprint not in centre.keys.public:
        raise NotFound
    return {**centre.keys.public[thumbprint], "kid": centre.addresses.key(thumbprint)}


async def get_achievement(reader: Reader, keys: Keys, definition_id: UUID, language: Language) -> Json:
    """As it is in the credentials of that language."""
    centre = await issuing(reader, keys)
    definition = await definitions.get(reader, definition_id)
    return achievement_of(definition, language, centre.addresses)


async def get_status_list(reader: Reader, keys: Keys, number: int) -> str:
    """Signed as it is now; the same bytes until a badge is accepted or revoked."""
    centre = await issuing(reader, keys)
    if not 1 <= number <= await find_last_list(reader.connection):
        raise NotFound
    use = await get_list_use(reader.connection, number)
    changed_at = use.changed_at or NO_CHANGE_YET
    content = status_list_of(
        number, use.revoked, addresses=centre.addresses, issuer=centre.profile, changed_at=changed_at
    )
    return signed(centre, content)


async def get_shown_credential(reader: Reader, application_id: UUID) -> Json:
    """Raise NotFound for a badge that its earner does not show, or that has been revoked."""
    application = await applications.find(reader, application_id)
    if application is None or application.state != "accepted" or not application.public:
        raise NotFound
    credential = await find_credential(reader.connection, application_id)
    if credential is None:
        raise NotFound
    payload = credential.split(".")[1]
    shown: Json = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return shown
