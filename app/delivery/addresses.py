"""Email addresses: which of them emails can reach, and when two are the same one (RFC 5321, RFC 5891)."""

import re
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

_PLAIN = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*", re.ASCII | re.IGNORECASE)
"""A local part that every domain may have."""
MOST_DOMAINS = 4096
"""Kept with what is known of them: an import has thousands of addresses in few domains."""


def is_reachable(address: str) -> bool:
    """Whether emails can be sent to such an address, without asking DNS whether its domain exists.

    Domains that are reserved (`.local`, `.test`; not `.example`) and local parts that are not ASCII cannot be reached.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii() and len(local) <= 64 and len(address) <= 254 and _PLAIN.fullmatch(local):
        return _is_reachable_domain(domain)
    return _is_valid(address)


@lru_cache(MOST_DOMAINS)
def _is_reachable_domain(domain: str) -> bool:
    return _is_valid(f"a@{domain}")


def _is_valid(address: str) -> bool:
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
    return f"{local.casefold()}@{_key_of_domain(domain)}"


@lru_cache(MOST_DOMAINS)
def _key_of_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        # An address of earlier versions, which no email can reach.
        return domain.casefold()
