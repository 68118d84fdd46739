"""`/v1/training-models/{id}/versions/{number}/document` and `…/comparison/{other_number}`."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.api.trainings.model_steps import CONTENT, MODELS, Modelling, model_of, ok
from tests.api.trainings.test_model_courses import supersede
from tests.builders import Centre, Person, refusal
from tests.pdf_text import needs_pdftotext, shown_of, text_of

PDF = "application/pdf"
NOT_APPROVED = "Tätä versiota ei ole hyväksytty"


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def read(person: Person, version: str, language: str = "fi") -> bytes:
    answer = person.get(f"{version}/document", params={"language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, PDF), answer.text
    assert answer.headers["Content-Language"] == language
    content: bytes = answer.content
    return content


@needs_pdftotext
def test_the_document_has_all_sections(modelling: Modelling, manager: Person, tmp_path: Path) -> None:
    version = modelling.in_use(koski_study_unit={"code": "1020", "name": "Järjestöosaaminen"})
    shown = text_of(read(manager, version), tmp_path)
    said = [
        "Ryhmänohjaajan peruskurssi",
        "Järjestö Marttaliitto",
        "Versio 1",
        "Hyväksytty 15.3.2023",
        "Opintopisteet 2",
        "Tunteja oppijan työtä 54",
        *CONTENT["texts"]["fi"]["goals"],
        CONTENT["texts"]["fi"]["certificate_text"],
        CONTENT["content"],
        CONTENT["methods"],
        CONTENT["trainer_qualifications"],
        "Arvioijat Kouluttaja",
        "Hyväksytty tai hylätty",
        "Edeltävä osaaminen Ei edellytetä.",
        "Koodi 1020",
    ]
    assert [each for each in said if each not in shown] == []
    assert NOT_APPROVED not in shown
    # It can be copied: on one line, with no sign within it.
    assert ok(manager.get(version))["digest"] in shown


@needs_pdftotext
def test_a_version_that_is_not_approved_says_so_on_each_page(modelling: Modelling, tmp_path: Path) -> None:
    version = modelling.submitted(content="Sisältöä on paljon. " * 180)
    pages = shown_of(read(modelling.main_user, version), tmp_path).rstrip("\f").split("\f")
    assert len(pages) > 1
    assert all(NOT_APPROVED in page for page in pages)
    assert "tarkastettavana" in pages[0]


def test_the_bytes_of_an_approved_version_never_change(
    centre: Centre, modelling: Modelling, manager: Person, staff: Person, central: UUID
) -> None:
    version = modelling.approved()
    first = {language: read(manager, version, language) for language in ("fi", "sv", "en")}
    assert len(set(first.values())) == 3
    centre.clock(2023, 4, 20)
    centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [central])
    ok(modelling.main_user.post(f"{version}/activation"))
    supersede(modelling, version)
    for person in (manager, staff, modelling.main_user):
        assert {language: read(person, version, language) for language in first} == first


def test_everybody_in_the_tree_reads_what_was_approved_and_only_main_users_and_staff_the_rest(
    centre: Centre, modelling: Modelling, manager: Person, staff: Person
) -> None:
    version = modelling.submitted()
    outsider = centre.main_user(centre.organisation())
    auditor = centre.person("auditor")
    parts = (f"{version}/document", f"{version}/comparison/1")
    for part in parts:
        assert [person.get(part).status_code for person in (modelling.main_user, staff, auditor)] == [200, 200, 200]
        assert [refusal(person.get(part)) for person in (manager, outsider)] == [(404, "not-found")] * 2
    ok(modelling.expert.put(f"{version}/reviewers", {"person_ids": [str(each.id) for each in modelling.reviewers]}))
    for reviewer in modelling.reviewers:
        ok(reviewer.put(f"{version}/opinion", {"opinion": "for", "text": "Hyvä."}))
    ok(modelling.reviewers[0].post(f"{version}/decision", {"outcome": "approved"}))
    for part in parts:
        assert manager.get(part).status_code == 200
        assert refusal(outsider.get(part)) == (404, "not-found")
    assert refusal(manager.get(f"{model_of(version)}/versions/2/document")) == (404, "not-found")
    assert refusal(staff.get(f"{MODELS}/{manager.id}/versions/1/document")) == (404, "not-found")


def test_a_comparison_has_only_the_sections_that_differ(modelling: Modelling, manager: Person) -> None:
    version = modelling.in_use()
    model = model_of(version)
    body = {"change": "substantial", "reason": "Palaute kursseilta"}
    ok(modelling.main_user.post(f"{model}/versions", body), 201)
    second = f"{model}/versions/2"
    assert ok(modelling.main_user.get(f"{version}/comparison/2")) == {"sections": []}
    swedish = {"name": "Gruppledare", "goals": ["Kan leda"], "certificate_text": "Kan leda en grupp."}
    changes = {"learner_hours": 81, "assessment": {"scale": "one_to_five"}, "texts": {"sv": swedish}}
    ok(modelling.main_user.patch(second, changes))
    texts = {"sv": None, "en": None} | CONTENT["texts"]
    assert ok(modelling.main_user.get(f"{version}/comparison/2"))["sections"] == [
        {"section": "texts", "before": texts, "after": texts | {"sv": swedish}},
        {
            "section": "assessment",
            "before": CONTENT["assessment"],
            "after": CONTENT["assessment"] | {"scale": "one_to_five"},
        },
        {"section": "learner_hours", "before": 54, "after": 81},
    ]
    back = ok(modelling.main_user.get(f"{second}/comparison/1"))["sections"]
    assert (back[2]["before"], back[2]["after"]) == (81, 54)
    # Who sees only one of them compares nothing.
    assert refusal(manager.get(f"{version}/comparison/2")) == (404, "not-found")
    assert refusal(modelling.main_user.get(f"{version}/comparison/3")) == (404, "not-found")
