"""A small certificate authority, which signs for demo people in the sandbox and for people of the tests."""

from datetime import datetime


class Authority:
    """Its key is drawn from the secret: all processes of a service have the same one."""

    def __init__(self, seed: bytes) -> None:
        raise NotImplementedError

    @property
    def root(self) -> bytes:
        """Its certificate, DER, to be trusted."""
        raise NotImplementedError

    async def sign(self, document: bytes, *, name: str, person: str, at: datetime) -> bytes:
        """The document, signed by somebody of that name at that instant; `person` tells people of one name apart."""
        raise NotImplementedError
