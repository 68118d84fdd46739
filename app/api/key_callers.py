"""Callers with an API key: looked up at every request, so that every process rejects a revoked one immediately."""

from collections import OrderedDict
from datetime import date, datetime, time, timedelta
from hashlib import sha256

from app.db.callers import Caller, KeyRights
from app.db.connections import Connections
from app.db.people.api_keys import KeyInUse, KeyOwner, find_key_owner, use_key
from app.domain.access import RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import Unauthenticated

REMEMBERED = 10_000


class KeyCallers:
    """Remembers whose a key is, which never changes; whether it still works is looked up each time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._owners: OrderedDict[bytes, KeyOwner] = OrderedDict()

    async def caller(self, key: str) -> Caller:
        """Raises Unauthenticated if the key is unknown, expired or revoked."""
        key_hash = sha256(key.encode()).digest()
        owner = self._owners.get(key_hash) or await self._find(key_hash)
        async with self._connections.connection(owner.study_centre_id) as connection:
            used = await use_key(connection, owner.api_key_id)
        if used is None:
            self._owners.pop(key_hash, None)
            raise Unauthenticated
        return Caller(owner.study_centre_id, owner.api_key_id, key=rights_of(used))

    def known(self, key: str) -> str | None:
        """The id of a key that has worked in this process and was not refused since."""
        owner = self._owners.get(sha256(key.encode()).digest())
        return str(owner.api_key_id) if owner else None

    def forget(self) -> None:
        self._owners.clear()

    async def _find(self, key_hash: bytes) -> KeyOwner:
        async with self._connections.connection(None) as connection:
            owner = await find_key_owner(connection, key_hash)
        if owner is None:
            raise Unauthenticated
        self._owners[key_hash] = owner
        while len(self._owners) > REMEMBERED:
            self._owners.popitem(last=False)
        return owner


def rights_of(used: KeyInUse) -> KeyRights:
    """A key acts for its organisation while that is active (rulebook §2.4)."""
    grant = RoleGrant(
        "main_user" if used.kind == "central" else "unit_manager",
        used.organisation_id,
        _midnight(used.active_from),
        _midnight(used.active_until + timedelta(days=1)) if used.active_until else None,
    )
    return KeyRights(grant, frozenset(used.scopes))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)
