"""What examples of responses keep of the service's real ones: everything but what differs each time."""

import re
from typing import Any
from uuid import UUID

from app.db.identifiers import new_id

SECRET = re.compile(r"(?<=tp_)[\w-]{8,}|eyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=calendar-feeds/)[\w-]+(?=\.ics)")
RANDOM = {"n", "salt", "identityHash", "statusListIndex"}
"""Members of badges and their keys that differ each time."""
OWN_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
LONGEST_TEXT = 300
LAST_YEAR = 2025
"""The last year in which the examples live."""


def kept(value: Any, name: str = "") -> Any:
    """Shorten lists to their first item, and replace what depends on when and where the response was made."""
    if isinstance(value, dict):
        return {key: kept(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [kept(each, name) for each in value[:1]]
    if isinstance(value, str):
        return _kept_text(value, name)
    if name.endswith("year") and isinstance(value, int) and value > LAST_YEAR:
        return LAST_YEAR
    return value


def _kept_text(text: str, name: str) -> str:
    if name == "next_cursor":
        return "WyIwMTg3NDVlYS01ZDgwLTdlNDItYThhNy0zYjYxNjYyYzFjNzgiXQ"
    if name in RANDOM:
        return "…"
    # The bit of a badge, its random subject, and the thumbprint of a key.
    text = re.sub(r"(?<=status-lists/1)#\d+|(?<=urn:uuid:)[0-9a-f-]{36}|(?<=badges/keys/)[\w-]{43}", "…", text)
    # A year after the beginning of the demo people's roles.
    text = text.replace("2001-01-01", "2023-01-01")
    text = SECRET.sub("…", text)
    text = OWN_ADDRESS.sub("https://tunnit.example.org", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", _kept_id, text)
    text = re.sub(r"\b(19|20|21)\d\d(?=-\d\d-\d\d)", lambda year: min(year[0], str(LAST_YEAR)), text)
    text = re.sub(r"\.\d+(?=[+Z])", "", text).replace(f"{LAST_YEAR}-02-29", f"{LAST_YEAR}-02-28")
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def _kept_id(found: re.Match[str]) -> str:
    """The demo data's own ids are the same each time; others have the time at which they were made."""
    is_new = UUID(found[0]).int >> 80 > (new_id().int >> 80) - 7 * 86_400_000
    return "018745ea-5d80-7e42-a8a7-3b61662c1c78" if is_new else found[0]
