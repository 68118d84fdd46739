"""`/v1/cost-statements/{id}/documents/…`: who reads them, when there are any, and which bytes."""

from pathlib import Path
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.conftest import approved
from tests.api.trainings.test_cost_statements import PATH, decide, drafted, sent, shown
from tests.api.trainings.test_documents import PDF, read
from tests.builders import Centre, Person, refusal
from tests.pdf_text import needs_pdftotext, text_of


@pytest.fixture
def held(centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
    """An approved course of six hours on 15 April 2023. It is 20 April."""
    centre.clock(2023, 3, 15)
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    return path


def test_everybody_within_reach_reads_the_same_documents(
    centre: Centre, staff: Person, manager: Person, main_user: Person, unit: UUID, held: str
) -> None:
    statement = sent(manager, held)
    shown(decide(staff, statement))
    decision = manager.get(f"{statement}/documents/decision", params={"language": "sv"})
    assert (decision.status_code, decision.headers["Content-Type"]) == (200, PDF)
    assert decision.headers["Content-Disposition"].startswith('attachment; filename="stodbeslut-')
    document = read(manager, statement, "statement")
    for person in (staff, main_user, centre.person("auditor"), centre.person("observer", unit)):
        assert read(person, statement, "decision", "sv") == decision.content
        assert read(person, statement, "statement") == document
    stranger = centre.main_user(centre.organisation())
    for kind in ("statement", "decision"):
        assert refusal(stranger.get(f"{statement}/documents/{kind}")) == (404, "not-found")
        assert refusal(staff.get(f"{PATH}/{new_id()}/documents/{kind}")) == (404, "not-found")
        assert refusal(staff.get(f"{statement}/documents/{kind}", params={"language": "de"})) == (422, "validation")


def test_there_is_no_document_of_what_has_not_been_submitted_or_decided(
    manager: Person, staff: Person, held: str
) -> None:
    statement = drafted(manager, held)
    assert refusal(manager.get(f"{statement}/documents/statement")) == (404, "not-found")
    assert manager.post(f"{statement}/submission").status_code == 200
    assert refusal(manager.get(f"{statement}/documents/decision")) == (404, "not-found")
    shown(decide(staff, statement, "sent_back", reason="Erittele salin kulut."))
    assert read(manager, statement, "statement")
    assert refusal(manager.get(f"{statement}/documents/decision")) == (404, "not-found")


@needs_pdftotext
def test_a_statement_shows_what_was_submitted(manager: Person, staff: Person, held: str, tmp_path: Path) -> None:
    statement = sent(manager, held, participant_fees_cents=4_500)
    shown(decide(staff, statement, "sent_back", reason="Erittele salin kulut."))
    costs = [{"category": "materials", "cents": 1}]
    participants = {"of_age": 77, "under_age": 0, "female": 0, "male": 0, "other": 0}
    for changes in ({"costs": costs}, {"participants": participants}):
        assert manager.patch(statement, changes).status_code == 200
    text = text_of(read(manager, statement, "statement"), tmp_path)
    said = [
        "Kuluselvitys",
        "Koulutus Järjestön talous",
        "Pidetyt opetustunnit 6 opetustuntia",
        "Ikärajan täyttäviä 9",
        "Naisia 5",
        "Tilat Järjestötalon sali 100,00 €",
        "Opetuspalkkiot 300,00 €",
        "Yhteensä 400,00 €",
        "Osallistumismaksut 45,00 €",
        "Kulut ovat järjestön kirjanpidossa.",
    ]
    assert [each for each in said if each not in text] == []
    assert manager.post(f"{statement}/submission").status_code == 200
    again = text_of(read(manager, statement, "statement"), tmp_path)
    assert "Ikärajan täyttäviä 77" in again
    assert "Materiaalit" in again


@needs_pdftotext
def test_a_decision_shows_every_step_of_the_support(
    centre: Centre, manager: Person, staff: Person, unit: UUID, held: str, tmp_path: Path
) -> None:
    costs = [
        {"category": "teaching_fees", "cents": 30_000},
        {"category": "venue", "cents": 10_000},
        {"category": "other", "cents": 1_234},
    ]
    statement = sent(manager, held, hours=8, costs=costs, other_grants_cents=20_000)
    disallowed = [{"category": "venue", "cents": 5_050, "reason": "Sali oli muussa käytössä."}]
    decided = shown(decide(staff, statement, disallowed=disallowed))
    first = read(manager, statement, "decision")
    text = text_of(first, tmp_path)
    # 349.50 euros count, and grants cover 200 of them.
    assert decided["support_cents"] == 14_950
    said = [
        "Tuki on 149,50 €.",
        "Maksatus Odottaa maksua",
        "Suunnitellut opetustunnit 6 opetustuntia",
        "Pidetyt opetustunnit 8 opetustuntia",
        "Tuettavat opetustunnit 6 opetustuntia",
        "Yhteensä 412,34 €",
        "Tilat Sali oli muussa käytössä. 50,50 €",
        "vuoden 2023 tukisääntöjen mukaan 12,34 €",
        "Tukikelpoiset kulut jäljelle jäävät kulut 349,50 €",
        "6 opetustuntia × 35,00 € 210,00 €",
        "55 % × 349,50 € 192,23 €",
        "349,50 € − 200,00 €, vähintään 0 149,50 €",
    ]
    assert [each for each in said if each not in text] == []
    centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [unit])
    assert read(staff, statement, "decision") == first
    assert staff.post(f"{statement}/reversal", {"reason": "Kulut olivat toisen kurssin."}).status_code == 200
    reversed_text = text_of(read(manager, statement, "decision"), tmp_path)
    said = [
        "Hyväksyntä on peruttu 20.4.2023, joten tukea ei makseta.",
        "Maksatus Ei maksettavaa",
        "Kulut olivat toisen kurssin.",
        "Tukea ei makseta, koska hyväksyntä",
    ]
    assert [each for each in said if each not in reversed_text] == []
    assert "Tuki on" not in reversed_text


@needs_pdftotext
def test_a_rejection_says_why_and_has_no_calculation(manager: Person, staff: Person, held: str, tmp_path: Path) -> None:
    participants = {"of_age": 3, "under_age": 0, "female": 0, "male": 0, "other": 0}
    statement = sent(manager, held, participants=participants)
    shown(decide(staff, statement, "rejected", reason="Liian vähän osallistujia."))
    text = text_of(read(manager, statement, "decision", "en"), tmp_path)
    said = ["has been rejected, so no support is paid.", "Liian vähän osallistujia.", "fewer participants of age"]
    assert [each for each in said if each not in text] == []
    assert "Calculation" not in text


@needs_pdftotext
def test_a_course_without_subsidy_has_a_decision_without_support(
    centre: Centre, manager: Person, unit: UUID, tmp_path: Path
) -> None:
    centre.clock(2023, 3, 15)
    training = manager.post(
        "/v1/trainings", {"organisation_id": str(unit), "year": 2023, "name": "Ilta"} | {"supported": False}
    )
    path = training.headers["Location"]
    assert manager.post(f"{path}/submission").status_code == 200
    statement = sent(manager, path)
    text = text_of(read(manager, statement, "decision"), tmp_path)
    assert "Tukea ei haettu, joten hyväksyntä oli automaattinen." in text
    assert "Tuen laskenta" not in text
    assert "Tuki on" not in text
