"""`/v1/trainings/{id}/documents/…`: who reads them, when there are any, and which bytes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.conftest import PATH, added, approved, session, submitted
from tests.builders import Centre, Person, refusal
from tests.pdf_text import needs_pdftotext, text_of

PDF = "application/pdf"


@pytest.fixture(autouse=True)
def today(centre: Centre) -> None:
    centre.clock(2023, 3, 15)


def read(person: Person, training: str, kind: str, language: str = "fi") -> bytes:
    answer = person.get(f"{training}/documents/{kind}", params={"language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, PDF), answer.text
    content: bytes = answer.content
    return content


def test_everybody_within_reach_reads_the_same_documents(
    centre: Centre, staff: Person, manager: Person, main_user: Person, unit: UUID
) -> None:
    training = approved(manager, staff, unit)
    plan = manager.get(f"{training}/documents/plan", params={"language": "sv"})
    assert (plan.status_code, plan.headers["Content-Type"]) == (200, PDF)
    assert plan.content.startswith(b"%PDF-")
    assert plan.headers["Content-Language"] == "sv"
    assert plan.headers["Content-Disposition"].startswith('attachment; filename="plan-')
    decision = read(manager, training, "decision")
    for person in (staff, main_user, centre.person("auditor"), centre.person("observer", unit)):
        assert person.get(f"{training}/documents/plan", headers={"Accept-Language": "sv"}).content == plan.content
        assert read(person, training, "decision") == decision
    stranger = centre.main_user(centre.organisation())
    for kind in ("plan", "decision"):
        assert refusal(stranger.get(f"{training}/documents/{kind}")) == (404, "not-found")
        assert refusal(staff.get(f"{PATH}/{new_id()}/documents/{kind}")) == (404, "not-found")
        assert refusal(staff.get(f"{training}/documents/{kind}", params={"language": "de"})) == (422, "validation")


def test_there_is_no_document_of_what_has_not_been_submitted_or_decided(
    staff: Person, manager: Person, unit: UUID
) -> None:
    draft = added(manager, unit)
    assert refusal(manager.get(f"{draft}/documents/plan")) == (404, "not-found")
    waiting = submitted(manager, unit)
    assert refusal(manager.get(f"{waiting}/documents/decision")) == (404, "not-found")
    back = {"outcome": "sent_back", "reason": "Tarkenna tavoitteita."}
    assert staff.post(f"{waiting}/decision", back).status_code == 200
    assert read(manager, waiting, "plan")
    assert refusal(manager.get(f"{waiting}/documents/decision")) == (404, "not-found")


@needs_pdftotext
def test_a_plan_shows_what_was_submitted(manager: Person, staff: Person, unit: UUID, tmp_path: Path) -> None:
    training = submitted(
        manager, unit, partners=[{"name": "Naapurit ry"}], budget=[{"category": "venue", "cents": 9950}]
    )
    back = {"outcome": "sent_back", "reason": "Tarkenna tavoitteita."}
    assert staff.post(f"{training}/decision", back).status_code == 200
    assert manager.patch(training, {"goals": "Osaa kaiken", "name": "Toinen nimi"}).status_code == 200
    assert manager.patch(training, {"goals": "Ei osaa mitään"}).status_code == 200
    first = read(manager, training, "plan")
    shown = text_of(first, tmp_path)
    said = [
        "Koulutussuunnitelma",
        "Koulutus Järjestön talous",
        "Järjestö Hämeen Martat",
        "Kieli suomi",
        "Opetustunnit 6 opetustuntia",
        "Kouluttajat Kaisa Kuusiranta",
        "Yhteistyökumppanit Naapurit ry",
        "Osaa laatia talousarvion",
        "Järjestötalo, Raatihuoneenkatu 1, 13100",
        "Kesto ilman taukoja 270 minuuttia",
        "Tilat 99,50 €",
        "Koulutusta ei myydä yrityksille.",
    ]
    assert [each for each in said if each not in shown] == []
    assert "Osaa kaiken" not in shown
    assert manager.post(f"{training}/submission").status_code == 200
    again = read(manager, training, "plan")
    assert "Ei osaa mitään" in text_of(again, tmp_path)
    assert "Toinen nimi" in text_of(again, tmp_path)


@needs_pdftotext
def test_a_plan_and_its_decision_stay_when_the_approved_plan_is_edited(
    centre: Centre, manager: Person, staff: Person, unit: UUID, tmp_path: Path
) -> None:
    training = approved(manager, staff, unit, sessions=[session(), session("2023-04-16")])
    assert manager.patch(training, {"sessions": [session()], "name": "Toinen nimi"}).status_code == 200
    for kind in ("plan", "decision"):
        first = read(manager, training, kind)
        shown = text_of(first, tmp_path)
        assert "Opetustunnit 12 opetustuntia" in shown
        assert "Järjestön talous" in shown
        assert "Toinen nimi" not in shown
        centre.owner.execute("UPDATE organisations SET name = 'Uusi nimi' WHERE id = %s", [unit])
        assert read(manager, training, kind) == first


@needs_pdftotext
def test_an_approved_change_makes_new_documents(
    centre: Centre, manager: Person, staff: Person, unit: UUID, tmp_path: Path
) -> None:
    training = approved(manager, staff, unit)
    old = {kind: read(manager, training, kind) for kind in ("plan", "decision")}
    for outcome, reason in (("rejected", "Liian monta kertaa."), ("approved", None)):
        change = manager.post(f"{training}/changes", {"sessions": [session(), session("2023-04-16")]})
        assert change.status_code == 201, change.text
        centre.clock(2023, 3, 16)
        decision = {"outcome": outcome, "reason": reason}
        assert staff.post(f"{change.headers['Location']}/decision", decision).status_code == 200
        centre.clock(2023, 3, 17)
        if outcome == "rejected":
            assert read(manager, training, "plan") == old["plan"]
    shown = text_of(read(manager, training, "plan"), tmp_path)
    assert "Opetustunnit 12 opetustuntia" in shown
    decided = text_of(read(manager, training, "decision"), tmp_path)
    assert "Päätökset suunnitelman muutoksista" in decided
    assert "Liian monta kertaa." in decided
    assert "Kokoontumiskerrat" in decided
    kept: Any = centre.rows("SELECT kind, count(*) FROM training_documents GROUP BY kind ORDER BY kind")
    assert kept == [("plan", 2), ("plan_decision", 2)]


@needs_pdftotext
def test_a_decision_says_who_decided_when_and_why(manager: Person, staff: Person, unit: UUID, tmp_path: Path) -> None:
    training = submitted(manager, unit)
    exception = {"rule": "plan_window", "until": "2023-04-20", "reason": "Kouluttaja sairastui."}
    assert staff.post(f"{training}/exceptions", exception).status_code == 200
    rejection = {"outcome": "rejected", "reason": "Koulutus on hallituksen kokous."}
    assert staff.post(f"{training}/decision", rejection).status_code == 200
    shown = text_of(read(manager, training, "decision"), tmp_path)
    said = [
        "Järjestön Hämeen Martat suunnitelma on hylätty.",
        "Päätöspäivä 15.3.2023",
        "Päätöksen tekijä",
        "Koulutus on hallituksen kokous.",
        "Kouluttaja sairastui.",
        "Varatut tunnit ovat jälleen vapaita.",
    ]
    assert [each for each in said if each not in shown] == []
    assert "Kuluselvitys on lähetettävä" not in shown


@needs_pdftotext
def test_an_automatic_approval_has_no_decider(manager: Person, unit: UUID, tmp_path: Path) -> None:
    training = submitted(manager, unit, supported=False)
    shown = text_of(read(manager, training, "decision", "en"), tmp_path)
    assert "No support is requested, so the approval was automatic." in shown
    assert "No teaching hours are used, and no support is paid." in shown
    assert "Decided by" not in shown


@needs_pdftotext
def test_a_document_has_no_names_of_participants_or_of_members_of_the_organisation(
    centre: Centre, manager: Person, staff: Person, unit: UUID, tmp_path: Path
) -> None:
    centre.owner.execute("UPDATE persons SET name = 'Mauri Maanviljelijä' WHERE id = %s", [manager.id])
    training = approved(manager, staff, unit)
    participant = {"name": "Oona Osallistuja", "email": "oona@example.org", "under_age": False}
    assert manager.post(f"{training}/participants", participant).status_code == 201
    for kind in ("plan", "decision"):
        shown = text_of(read(staff, training, kind), tmp_path)
        assert "Oona" not in shown
        assert "Mauri" not in shown


def test_two_first_readings_at_the_same_time_get_the_same(centre: Centre, manager: Person, unit: UUID) -> None:
    training = submitted(manager, unit)
    with ThreadPoolExecutor(2) as pool:
        plans = list(pool.map(lambda _: read(manager, training, "plan"), range(2)))
    assert plans[0] == plans[1]
    assert centre.rows("SELECT count(*) FROM training_documents") == [(1,)]
