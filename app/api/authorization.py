"""The `Authorization` header: an access token of a person, or an API key."""

from app.domain.people.api_keys import KEY_MARK


def bearer_of(authorization: str | None) -> str:
    """The token or API key; empty if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_key(bearer: str) -> bool:
    """An API key begins with its mark. Within a token of a person the mark may occur by chance."""
    return bearer.startswith(KEY_MARK)
