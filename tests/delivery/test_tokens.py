"""Tokens in mails: random, hashed, and readable in the mail alone."""

from base64 import urlsafe_b64decode
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from app.delivery.tokens import PLACE, TokenMailing, digest_of, new_token, study_centre_of

CENTRE = uuid4()
TOKENS = TokenMailing(b"k" * 32, "https://tunnit.example.org")


def test_a_token_has_256_random_bits_after_its_study_centre() -> None:
    tokens = [new_token(CENTRE) for _ in range(100)]
    assert len(set(tokens)) == len({digest_of(token) for token in tokens}) == 100
    assert {len(urlsafe_b64decode(token)) for token in tokens} == {16 + 32}
    assert {study_centre_of(token) for token in tokens} == {CENTRE}


@pytest.mark.parametrize("text", ["", "a", "ä" * 64, "a" * 63, "a" * 65, "+" * 64, "%2e%2e"])
def test_what_is_no_token_names_no_study_centre(text: str) -> None:
    assert study_centre_of(text) is None


def test_a_part_of_a_token_names_no_study_centre() -> None:
    assert study_centre_of(new_token(CENTRE)[:-4]) is None


def test_a_token_is_opened_for_its_own_mail_only() -> None:
    token, mail = new_token(CENTRE), uuid4()
    sealed = TOKENS.close(token, mail)
    assert token.encode() not in sealed
    assert sealed != TOKENS.close(token, mail)
    assert TOKENS.shown(f"Open {PLACE}", sealed, mail) == f"Open {token}"
    assert TOKENS.shown(f"Open {PLACE}", None, mail) == f"Open {PLACE}"
    with pytest.raises(InvalidTag):
        TOKENS.open(sealed, uuid4())
    with pytest.raises(InvalidTag):
        TokenMailing(b"l" * 32, None).open(sealed, mail)


def test_a_mail_has_a_link_or_without_a_public_url_the_token() -> None:
    assert TOKENS.facts("role-invitations") == {"link": f"https://tunnit.example.org/role-invitations/{PLACE}"}
    assert TokenMailing(b"k" * 32, None).facts("role-invitations") == {"token": PLACE}
