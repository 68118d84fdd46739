"""When two names are one person's (rulebook §3.18, §3.19)."""

from unicodedata import category, normalize


def is_same_name(one: str, other: str) -> bool:
    """Whether two names differ in case, accents and spaces only. An empty name is nobody's."""
    return _bare(one) == _bare(other) != ""


def _bare(name: str) -> str:
    parts = normalize("NFKD", name.casefold())
    return "".join(sign for sign in normalize("NFKD", parts.casefold()) if category(sign)[0] not in "MZC")
