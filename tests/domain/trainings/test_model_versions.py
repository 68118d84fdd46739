"""Versions of training models: credits, canonical content, submissions and minor changes (rulebook §3.7)."""

from dataclasses import replace
from hashlib import sha256
from typing import Any, get_args

import pytest

from app.domain.errors import Invalid
from app.domain.organisations.organisations import Language
from app.domain.trainings.model_versions import (
    EMPTY,
    OF_MINOR,
    SECTIONS,
    Assessment,
    KoskiStudyUnit,
    ModelText,
    ModelTexts,
    VersionContent,
    canonical_of,
    credits_of,
    differing,
    digest_of,
    faults_of_submission,
    with_changes,
)

COMPLETE = VersionContent(
    texts=ModelTexts(fi=ModelText("Kurssi", ["Osaa"], "Todistus")),
    content="Sisältö",
    assessment=Assessment("Työ", "Arvioiden", "Kouluttaja", "pass_fail"),
    methods="Lähiopetus",
    learner_hours=27,
    prerequisites=None,
    trainer_qualifications="Kokemusta",
    koski_study_unit=None,
)


@pytest.mark.parametrize(
    ("hours", "credits_"),
    # 27 hours are a credit, and a part of one is none: 53 = 27 + 26, 162 = 6 * 27, 1,620 = 60 * 27.
    [(None, None), (27, 1), (53, 1), (54, 2), (161, 5), (162, 6), (1619, 59), (1620, 60)],
)
def test_credits_are_without_fractions(hours: int | None, credits_: int | None) -> None:
    assert credits_of(hours) == credits_


def test_canonical_content_has_its_keys_in_order_and_no_spaces() -> None:
    written = canonical_of(COMPLETE).decode()
    assert written == (
        '{"assessment":{"by_whom":"Kouluttaja","how":"Arvioiden","scale":"pass_fail","what":"Työ"},'
        '"content":"Sisältö","koski_study_unit":null,"learner_hours":27,"methods":"Lähiopetus","prerequisites":null,'
        '"texts":{"fi":{"certificate_text":"Todistus","goals":["Osaa"],"name":"Kurssi"}},'
        '"trainer_qualifications":"Kokemusta"}'
    )
    assert digest_of(COMPLETE) == sha256(written.encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "Sisältö "},
        {"texts": {"fi": {"goals": ["Osaa", ""]}}},
        {"texts": {"sv": {"name": "Kurs"}}},
        {"assessment": {"scale": "one_to_five"}},
        {"learner_hours": 28},
        {"koski_study_unit": {"code": "1", "name": "Osa"}},
        {"prerequisites": ""},
    ],
)
def test_every_section_counts_in_the_digest(changes: dict[str, Any]) -> None:
    assert digest_of(with_changes(COMPLETE, changes)) != digest_of(COMPLETE)


@pytest.mark.parametrize(
    ("content", "language", "faults"),
    [
        (COMPLETE, "fi", []),
        # The two voluntary sections are missed by nobody.
        (replace(COMPLETE, prerequisites="Peruskurssi", koski_study_unit=KoskiStudyUnit("1", "Osa")), "fi", []),
        (COMPLETE, "sv", ["/texts/sv"]),
        (
            EMPTY,
            "fi",
            ["/texts/fi", "/content", "/assessment", "/methods", "/learner_hours", "/trainer_qualifications"],
        ),
        (
            replace(COMPLETE, texts=ModelTexts(fi=ModelText())),
            "fi",
            ["/texts/fi/name", "/texts/fi/goals", "/texts/fi/certificate_text"],
        ),
        # What is there in another language is complete.
        (
            with_changes(COMPLETE, {"texts": {"en": {"name": "Course"}}}),
            "fi",
            ["/texts/en/goals", "/texts/en/certificate_text"],
        ),
        (
            replace(COMPLETE, assessment=Assessment()),
            "fi",
            [f"/assessment/{name}" for name in ("what", "how", "by_whom", "scale")],
        ),
    ],
)
def test_a_submission_needs_every_section_in_the_organisations_language(
    content: VersionContent, language: Language, faults: list[str]
) -> None:
    assert [fault.pointer for fault in faults_of_submission(content, language)] == faults


def test_a_minor_change_leaves_extent_assessment_and_qualifications() -> None:
    assert set(SECTIONS) - OF_MINOR == {"assessment", "learner_hours", "trainer_qualifications", "koski_study_unit"}


def test_changes_are_merged_into_objects_and_replace_lists() -> None:
    changed = with_changes(
        COMPLETE, {"texts": {"fi": {"goals": ["Tietää"]}, "sv": {"name": "Kurs"}}, "learner_hours": 27}
    )
    assert changed.texts == ModelTexts(fi=ModelText("Kurssi", ["Tietää"], "Todistus"), sv=ModelText("Kurs", [], None))
    assert differing(COMPLETE, changed) == ["texts"]
    assert with_changes(changed, {"texts": {"sv": None, "fi": {"goals": ["Osaa"]}}}) == COMPLETE


def test_an_empty_object_is_an_object() -> None:
    """By RFC 7396 it makes one where there is none, and changes nothing where there is one."""
    changed = with_changes(EMPTY, {"texts": {"fi": {}}, "assessment": {}})
    assert (changed.texts, changed.assessment) == (ModelTexts(fi=ModelText()), Assessment())
    assert with_changes(COMPLETE, {"texts": {"fi": {}}, "assessment": {}}) == COMPLETE
    with pytest.raises(Invalid):
        with_changes(EMPTY, {"koski_study_unit": {}})


def test_the_languages_are_those_of_organisations() -> None:
    assert set(ModelTexts.__dataclass_fields__) == set(get_args(Language))
