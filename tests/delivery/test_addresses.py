"""Which email addresses can be reached, and when two are the same one."""

import pytest

from app.delivery.addresses import in_ascii, is_reachable, key_of


@pytest.mark.parametrize(
    "address",
    [
        "Aino.Esimerkki+kurssit@example.org",
        "aino@straße.example",
        "aino@xn--strae-oqa.example",
        "aino@päivä.example",
        "o'neil@example.org",
        "a" * 64 + "@example.org",
    ],
)
def test_an_address_that_emails_can_reach(address: str) -> None:
    assert is_reachable(address)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("aino@localhost", id="a host without a domain"),
        pytest.param("aino@mail.localhost", id="this host"),
        pytest.param("aino@printer.local", id="a name of the local network"),
        pytest.param("aino@example.invalid", id="a domain that never exists"),
        pytest.param("aino@example.test", id="a domain for tests"),
        pytest.param("aino@1.2.3.4", id="an IP address"),
        pytest.param("aino@[1.2.3.4]", id="an IP address in brackets"),
        pytest.param("päivi@example.org", id="a local part that is not ASCII: SMTPUTF8, which few servers take"),
        pytest.param("a" * 65 + "@example.org", id="a local part of 65 characters"),
        pytest.param("aino@" + "a" * 64 + ".org", id="a label of 64 characters"),
        pytest.param("aino@exam_ple.org", id="an underscore in the domain"),
        pytest.param("aino@☃.example", id="a symbol in the domain, which IDNA 2003 allowed"),
        pytest.param("aino@xn--0.example", id="a label that is not what it says"),
        pytest.param("aino@example.org.", id="a dot at the end"),
        pytest.param("aino.@example.org", id="a dot before the @"),
        pytest.param("aino@example..org", id="an empty label"),
        pytest.param("Aino <aino@example.org>", id="a name before the address"),
        pytest.param('"aino k"@example.org', id="quotation marks"),
        pytest.param("", id="nothing"),
    ],
)
def test_an_address_that_no_email_can_reach(address: str) -> None:
    assert not is_reachable(address)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("PÄIVÄ.example", "xn--piv-qlac.example"),
        # A server of one's own network may have a name that DNS does not allow.
        ("mail_1", "mail_1"),
        ("Example.org", "Example.org"),
    ],
)
def test_a_domain_in_ascii(domain: str, expected: str) -> None:
    assert in_ascii(domain) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Aino@Example.ORG", "aino@example.org"),
        ("aino@straße.example", "AINO@xn--strae-oqa.example"),
        ("aino@STRASSE.example", "aino@strasse.example"),
        pytest.param("aino@ｅxample.org", "aino@example.org", id="a full-width letter is the same by NFKC"),
        pytest.param("aino@pa\u0308iva\u0308.example", "aino@päivä.example", id="composed and decomposed letters"),
        pytest.param("Aino@exam_ple.org", "aino@EXAM_PLE.org", id="an old address that cannot be reached"),
    ],
)
def test_two_ways_of_writing_one_address(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("aino@straße.example", "aino@strasse.example"),
        ("a.ino@example.org", "aino@example.org"),
        ("aino+1@example.org", "aino@example.org"),
    ],
)
def test_two_addresses(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
