"""Certificates: codes, languages, signatures and states."""

from uuid import UUID

import pytest

from app.domain.errors import Invalid, WrongState
from app.domain.organisations.organisations import Language
from app.domain.trainings.certificates import (
    DIGITS,
    Signature,
    SignatureMissing,
    check_certifiable,
    check_signatures,
    code_from,
    code_of,
    grouped,
    language_of,
    missing_of,
)

CENTRAL = UUID("01890000-0000-7000-8000-000000000001")
COMPLETE = [Signature("study_centre", True, True), Signature("organisation", True, True)]


@pytest.mark.parametrize(
    ("random", "code"),
    [
        (bytes(10), "0" * 16),
        (b"\xff" * 10, "Z" * 16),
        # Five bits a character: 00000 00001 00010 00011 … 01111.
        (int("".join(f"{n:05b}" for n in range(16)), 2).to_bytes(10), "0123456789ABCDEF"),
        (int("".join(f"{n:05b}" for n in range(16, 32)), 2).to_bytes(10), "GHJKMNPQRSTVWXYZ"),
    ],
)
def test_a_code_has_eighty_bits(random: bytes, code: str) -> None:
    assert code_of(random) == code


def test_the_digits_are_crockfords() -> None:
    assert len(DIGITS) == len(set(DIGITS)) == 32
    assert not set("ILOU") & set(DIGITS)


@pytest.mark.parametrize(
    "written",
    [
        "7Q3Z-K0M2-R8XW-4T61",
        "7q3z-k0m2-r8xw-4t61",
        "7Q3ZK0M2R8XW4T61",
        "7Q3Z-KOM2-R8XW-4T6I",
        "7Q3Z-koM2-R8XW-4T6l",
        " 7Q3Z K0M2 R8XW 4T6L ",
        "-7-Q-3-Z-K-0-M-2-R-8-X-W-4-T-6-1-",
    ],
)
def test_a_code_may_be_written_in_many_ways(written: str) -> None:
    assert code_from(written) == "7Q3ZK0M2R8XW4T61"
    assert grouped("7Q3ZK0M2R8XW4T61") == "7Q3Z-K0M2-R8XW-4T61"


@pytest.mark.parametrize(
    "written", ["", "7Q3ZK0M2R8XW4T6", "7Q3ZK0M2R8XW4T611", "7Q3ZK0M2R8XW4T6U", "7Q3ZK0M2R8XW4T6Å", "７Q3ZK0M2R8XW4T61"]
)
def test_what_is_no_code(written: str) -> None:
    assert code_from(written) is None


@pytest.mark.parametrize(
    ("state", "outcome", "refused"),
    [
        ("in_force", "passed", None),
        ("in_force", "failed", ("failed", ["passed"])),
        ("in_force", "interrupted", ("interrupted", ["passed"])),
        ("corrected", "passed", ("corrected", ["in_force"])),
    ],
)
def test_passed_completions_in_force_are_certified(
    state: str, outcome: str, refused: tuple[str, list[str]] | None
) -> None:
    if refused is None:
        check_certifiable(state, outcome)
        return
    with pytest.raises(WrongState) as raised:
        check_certifiable(state, outcome)
    assert (raised.value.facts["state"], raised.value.facts["allowed"]) == refused


@pytest.mark.parametrize(
    ("wanted", "of_training", "texts", "language"),
    [
        (None, "fi", ["fi", "sv"], "fi"),
        ("sv", "fi", ["fi", "sv"], "sv"),
        ("en", "fi", ["fi", "sv"], None),
        # A course in Estonian whose model has no text in it: the caller chooses.
        (None, "et", ["fi"], None),
        (None, None, ["fi"], None),
    ],
)
def test_a_certificate_is_in_a_language_of_its_version(
    wanted: Language | None, of_training: str | None, texts: list[Language], language: Language | None
) -> None:
    if language:
        assert language_of(wanted, of_training, texts) == language
        return
    with pytest.raises(Invalid) as raised:
        language_of(wanted, of_training, texts)
    [fault] = raised.value.faults
    assert (fault.pointer, fault.code, fault.facts) == (
        "/language",
        "language-not-in-version",
        {"languages": sorted(texts)},
    )


def test_both_signatures_are_needed() -> None:
    check_signatures(missing_of(CENTRAL, COMPLETE))
    nothing = [Signature("study_centre", False, False), Signature("organisation", False, False)]
    with pytest.raises(SignatureMissing) as raised:
        check_signatures(missing_of(CENTRAL, nothing))
    assert [(each["whose"], each["what"], each["call"]) for each in raised.value.facts["missing"]] == [  # type: ignore[attr-defined]
        ("study_centre", "signatory", "PATCH /v1/study-centre"),
        ("study_centre", "signature_image", "PUT /v1/study-centre/signature-image"),
        ("organisation", "signatory", f"PATCH /v1/organisations/{CENTRAL}"),
        ("organisation", "signature_image", f"PUT /v1/organisations/{CENTRAL}/signature-image"),
    ]


def test_only_what_is_missing_is_named() -> None:
    missing = missing_of(CENTRAL, [COMPLETE[0], Signature("organisation", True, False)])
    assert [(each.whose, each.what) for each in missing] == [("organisation", "signature_image")]
