"""Email addresses: which of them emails can reach, and when two are the same one (RFC 5321, RFC 5891)."""

import idna
from email_validator import EmailNotValidError, validate_email


def is_reachable(address: str) -> bool:
    """Whether emails can be sent to such an address, without asking DNS whether its domain exists.

    Domains that are reserved (`.local`, `.test`; not `.example`) and local parts that are not ASCII cannot be reached.
    """
    try:
        validate_email(address, allow_smtputf8=False, strict=True, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def in_ascii(domain: str) -> str:
    """The domain as DNS has it: `straße.example` is `xn--strae-oqa.example`. Raises UnicodeError."""
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")


def key_of(address: str) -> str:
    """The text that is the same for all ways of writing one address: the domain by IDNA 2008, which begins with NFKC,
    the local part without regard to case."""
    local, _, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        # An address of earlier versions, which no email can reach.
        domain = domain.casefold()
    return f"{local.casefold()}@{domain}"
