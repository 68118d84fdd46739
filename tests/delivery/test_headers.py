"""One mailbox in each field of a header, whatever the name is (RFC 5322 §3.4)."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.delivery import composing
from app.delivery.composing import MisreadError, UnusableAddressError, address_of, composed
from app.delivery.headers import field_of
from tests.delivery.mailbox_names import PIECES, check
from tests.delivery.test_composing import PLAIN, SENDER

ROOT = Path(__file__).parents[2]
FORGING = "Virtanen, Aino <muu@example.org>, " + "a" * 43
"""77 ASCII characters: folded by Python, it loses its quotes."""
PYTHONS = [f"python3.{minor}" for minor in (11, 12, 13) if sys.version_info[1] != minor]


def test_a_long_name_with_commas_is_one_mailbox() -> None:
    assert len(FORGING) == 77
    message = bytes(composed(replace(PLAIN, name=FORGING), address_of(FORGING, "opintokeskus@example.org")))
    read = message_from_bytes(message, policy=default)
    assert [each.addr_spec for each in read["To"].addresses] == ["aino@example.org"]
    assert [each.addr_spec for each in read["From"].addresses] == ["opintokeskus@example.org"]
    check(FORGING)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
@example(FORGING)
def test_whatever_the_name_there_is_one_mailbox(name: str) -> None:
    check(name)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64), st.sampled_from(PIECES))
def test_whatever_the_local_part_there_is_one_mailbox_or_no_mail(user: str, name: str) -> None:
    try:
        address = address_of(name, f"{user}@example.org")
        composed(replace(PLAIN, address=f"{user}@example.org"), SENDER)
    except (UnusableAddressError, MisreadError):
        return
    check(name, address)


def test_a_header_that_is_read_otherwise_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        composing, "mailbox_field", lambda name, mailbox: field_of(name, f"Virtanen, Aino <{mailbox.addr_spec}>")
    )
    with pytest.raises(MisreadError):
        composed(PLAIN, SENDER)


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_the_name_on_other_pythons(python: str) -> None:
    program = shutil.which(python)
    # Where pyenv has the Pythons, its programs want to know which one is meant.
    environment = os.environ | {"PYENV_VERSION": python.removeprefix("python"), "PYTHONDONTWRITEBYTECODE": "1"}
    if (
        program is None
        or subprocess.run([program, "-c", ""], env=environment, capture_output=True, check=False).returncode
    ):
        pytest.skip(f"{python} is not installed")
    command = [program, "-W", "error", "-m", "tests.delivery.mailbox_names", "200"]
    subprocess.run(command, check=True, timeout=60, cwd=ROOT, env=environment)
