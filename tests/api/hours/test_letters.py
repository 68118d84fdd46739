"""`/v1/hour-decisions/{id}/document` and `/v1/decision-plans/{id}/document`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change
from tests.builders import Centre, Person, refusal
from tests.pdf_text import needs_pdftotext, text_of

DECISIONS = "/v1/hour-decisions"
PDF = "application/pdf"


@pytest.fixture
def staff(centre: Centre) -> Person:
    centre.post(2024, pool_change(1000))
    return centre.staff()


@pytest.fixture
def decision(staff: Person, central: UUID) -> str:
    """The path of a decision of 80 hours."""
    body = {"year": 2024, "items": [{"organisation_id": str(central), "hours": 80, "reason": "Kasvoi"}]}
    [made] = staff.post(DECISIONS, body).json()["items"]
    return f"{DECISIONS}/{made['id']}"


def test_everybody_within_reach_reads_the_letter(centre: Centre, staff: Person, central: UUID, decision: str) -> None:
    letter = centre.main_user(central).get(f"{decision}/document", params={"language": "sv"})
    assert (letter.status_code, letter.headers["Content-Type"]) == (200, PDF)
    assert letter.content.startswith(b"%PDF-")
    assert letter.headers["Content-Language"] == "sv"
    assert letter.headers["Vary"] == "Accept-Language"
    assert letter.headers["Content-Disposition"].startswith('attachment; filename="beslut-')
    assert staff.get(f"{decision}/document", headers={"Accept-Language": "sv"}).content == letter.content
    again = staff.get(
        f"{decision}/document", params={"language": "sv"}, headers={"If-None-Match": letter.headers["ETag"]}
    )
    assert again.status_code == 304
    unit = centre.organisation(central)
    assert centre.person("unit_manager", unit).get(f"{decision}/document").status_code == 404
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.get(f"{decision}/document")) == (404, "not-found")
    assert refusal(staff.get(f"{DECISIONS}/{new_id()}/document")) == (404, "not-found")
    assert refusal(staff.get(f"{decision}/document", params={"language": "de"})) == (422, "validation")


def test_a_letter_stays_as_it_was_first_read(centre: Centre, staff: Person, central: UUID, decision: str) -> None:
    first = staff.get(f"{decision}/document").content
    centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [central])
    assert staff.get(f"{decision}/document").content == first
    assert centre.rows("SELECT language FROM hour_decision_letters") == [("en",)]


@needs_pdftotext
def test_a_letter_that_is_first_read_late_names_the_days_that_the_decision_left(
    centre: Centre, staff: Person, decision: str, tmp_path: Path
) -> None:
    centre.deadline("change_window", date(2024, 3, 13), date(2024, 3, 25), hours_year=2024)
    centre.clock(2026, 1, 1)
    shown = text_of(staff.get(f"{decision}/document", params={"language": "en"}).content, tmp_path)
    assert "13 March 2024–25 March 2024" in shown


@needs_pdftotext
def test_a_letter_names_the_study_centre_in_its_language_as_it_was_when_it_was_first_read(
    centre: Centre, staff: Person, decision: str, tmp_path: Path
) -> None:
    names = centre.named_in_all()

    def shown(language: str) -> str:
        return text_of(staff.get(f"{decision}/document", params={"language": language}).content, tmp_path)

    for language, name in names.items():
        assert [each for each in names.values() if each in shown(language)] == [name]
    centre.owner.execute("UPDATE study_centres SET name_sv = 'Studiecentralen Ny'")
    assert names["sv"] in shown("sv")


@needs_pdftotext
def test_a_draft_names_the_study_centre_and_the_organisations_in_its_language(
    centre: Centre, staff: Person, central: UUID, tmp_path: Path
) -> None:
    names = centre.named_in_all()
    centre.owner.execute("UPDATE organisations SET name_sv = 'Marthaförbundet' WHERE id = %s", [central])
    plan = staff.post("/v1/decision-plans", {"year": 2024, "name": "Syksy", "kind": "round"}).headers["Location"]
    for language, organisation in (("fi", "Marttaliitto"), ("sv", "Marthaförbundet"), ("en", "Marttaliitto")):
        shown = text_of(staff.get(f"{plan}/document", params={"language": language}).content, tmp_path)
        assert [each for each in names.values() if each in shown] == [names[language]]
        assert [each for each in ("Marttaliitto", "Marthaförbundet") if each in shown] == [organisation]


def test_two_first_readings_at_the_same_time_get_the_same(centre: Centre, staff: Person, decision: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        letters = list(pool.map(lambda _: staff.get(f"{decision}/document"), range(2)))
    assert {letter.status_code for letter in letters} == {200}
    assert letters[0].content == letters[1].content
    assert centre.rows("SELECT count(*) FROM hour_decision_letters") == [(1,)]


def test_a_plan_has_a_draft_for_staff_and_auditors(centre: Centre, staff: Person, central: UUID) -> None:
    plan = staff.post("/v1/decision-plans", {"year": 2024, "name": "Syksy", "kind": "round"}).headers["Location"]
    staff.patch(plan, {"rows": {str(central): {"hours": 80, "reason": "Kasvoi"}}})
    for person in (staff, centre.person("auditor")):
        draft = person.get(f"{plan}/document", params={"language": "fi"})
        assert (draft.status_code, draft.headers["Content-Type"]) == (200, PDF)
    assert refusal(centre.main_user(central).get(f"{plan}/document")) == (403, "forbidden")
