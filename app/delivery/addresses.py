"""Email addresses: which of them emails can reach, and when two are the same one (RFC 5321, RFC 5891)."""

import re
from functools import lru_cache

import idna
from email_validator import EmailNotValidError, validate_email

_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
"""A local part that every domain may have."""
LONGEST_LOCAL, LONGEST = 64, 254
MOST_DOMAINS = 4096
"""Kept with what is known of them: an import has thousands of addresses in few domains."""


def is_reachable(address: str) -> bool:
    """Whether emails can be sent to such an address, without asking DNS whether its domain exists.

    Domains that are reserved (`.local`, `.test`; not `.example`) and local parts that are not ASCII cannot be reached.
    """
    local, _, domain = address.rpartition("@")
    if len(local) <= LONGEST_LOCAL and _PLAIN.fullmatch(local):
        length = _length_of_reachable(domain)
        return 0 < length < LONGEST - len(local)
    return _ascii_domain_of(address) is not None


@lru_cache(MOST_DOMAINS)
def _length_of_reachable(domain: str) -> int:
    """The length of the domain as DNS has it. 0 if no email can reach it."""
    return len(_ascii_domain_of(f"a@{domain}") or "")


def _ascii_domain_of(address: str) -> str | None:
    """None for an address that no email can reach."""
    try:
        valid = validate_email(address, allow_smtputf8=False, strict=True, check_deliverability=False)
    except EmailNotValidError:
        return None
    return valid.ascii_domain


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
