"""`/v1/me/study-register`, its shares with their public page, and `/v1/study-register`."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.settings import Settings
from tests.api.another_key import after_another_secret_key
from tests.api.trainings.learning import Course, course_of
from tests.api.trainings.model_steps import CONTENT, errors_of, ok
from tests.builders import Centre, Person, refusal
from tests.trainings import participant_reader

OWN, SHARES = "/v1/me/study-register", "/v1/me/study-register/shares"


@pytest.fixture
def centre(centre: Centre, public_service: str) -> Centre:
    """A service without a public URL shares nothing."""
    centre.address = public_service
    return centre


@pytest.fixture
def course(centre: Centre, unit: UUID, manager: Person) -> Course:
    return course_of(centre, unit, manager)


@pytest.fixture
def learner(centre: Centre) -> Person:
    return centre.person()


def taking_part(course: Course, learner: Person) -> str:
    """The participant whom the person has claimed."""
    address = course.centre.rows("SELECT verified_email FROM persons WHERE id = %s", learner.id)[0][0]
    participant = course.participant("Aino Esimerkki", address)
    assert ok(learner.post("/v1/participation-claims", {"training_id": str(course.id)}), 201)["state"] == "granted"
    return participant


def test_a_learner_sees_the_own_participations(course: Course, learner: Person) -> None:
    assert ok(learner.get(OWN)) == {"items": []}
    participant = taking_part(course, learner)
    (waiting,) = ok(learner.get(OWN))["items"]
    assert (waiting["training_id"], waiting["participant_id"]) == (str(course.id), participant)
    assert (waiting["completion"], waiting["starts_on"]) == (None, "2023-03-01")
    assert {name: waiting["model"][name] for name in ("name", "number", "learner_hours")} == {
        "name": "Ryhmänohjaajan peruskurssi",
        "number": 1,
        "learner_hours": 54,
    }
    completion = course.recorded(participant)
    (done,) = ok(learner.get(OWN))["items"]
    assert done["completion"]["id"] == completion["id"]


def share(learner: Person, expires_on: str = "2023-04-01") -> dict[str, Any]:
    return ok(learner.post(SHARES, {"expires_on": expires_on}), 201)


def test_a_share_shows_what_was_passed_until_its_last_day(
    course: Course, learner: Person, slug: str, public: httpx.Client, centre: Centre
) -> None:
    completion = course.recorded(taking_part(course, learner))
    made = share(learner)
    path = f"/v1/public/{slug}/study-register/" + made["address"].rpartition("/")[2]
    assert made["address"].endswith(path)
    answer = public.get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert ok(answer) == {
        "name": "Aino Esimerkki",
        "study_centre": ok(answer)["study_centre"],
        "expires_on": "2023-04-01",
        "completions": [
            {
                "name": "Aino Esimerkki",
                "organisation": "Marttaliitto",
                "organiser": "Hämeen Martat",
                "model": "Ryhmänohjaajan peruskurssi",
                "version": 1,
                "kind": "course",
                "credits": 2,
                "grade": None,
                "completed_on": "2023-03-15",
            }
        ],
    }
    body = {"outcome": "failed", "completed_on": "2023-03-15", "assessed_by": "Kaisa", "reason": "Virhe"}
    ok(course.writer.post(f"/v1/completions/{completion['id']}/correction", body), 201)
    assert ok(public.get(path))["completions"] == []
    centre.clock(2023, 4, 1, 23, 59, 59)
    assert public.get(path).status_code == 200
    centre.clock(2023, 4, 2)
    assert refusal(public.get(path)) == (404, "not-found")
    assert ok(learner.get(SHARES))["items"] == []


TEXTS = {
    "fi": CONTENT["texts"]["fi"] | {"name": "Ohjaajan kurssi"},
    "sv": CONTENT["texts"]["fi"] | {"name": "Grundkurs för gruppledare"},
}


@pytest.mark.parametrize(
    ("language", "name"), [("fi", "Ohjaajan kurssi"), ("sv", "Grundkurs för gruppledare"), ("en", "Ohjaajan kurssi")]
)
def test_a_completion_has_the_name_that_its_version_has_in_the_language_of_the_course(
    centre: Centre,
    unit: UUID,
    manager: Person,
    learner: Person,
    public: httpx.Client,
    slug: str,
    language: str,
    name: str,
) -> None:
    """The model itself keeps the name of its proposal."""
    course = course_of(centre, unit, manager, content={"texts": TEXTS}, language=language)
    course.recorded(taking_part(course, learner))
    [own] = ok(learner.get(OWN))["items"]
    [shown] = ok(public.get(f"/v1/public/{slug}/study-register/{share(learner)['address'].rpartition('/')[2]}"))[
        "completions"
    ]
    assert (own["model"]["name"], shown["model"]) == (name, name)


def test_a_share_names_the_study_centre_and_the_organiser_in_the_readers_language(
    course: Course, learner: Person, slug: str, public: httpx.Client, centre: Centre, unit: UUID
) -> None:
    names = centre.named_in_all()
    centre.owner.execute("UPDATE organisations SET name_sv = 'Tavastlands Marthor' WHERE id = %s", [unit])
    course.recorded(taking_part(course, learner))
    path = f"/v1/public/{slug}/study-register/" + share(learner)["address"].rpartition("/")[2]
    for language, organiser in (("fi", "Hämeen Martat"), ("sv", "Tavastlands Marthor"), ("en", "Hämeen Martat")):
        for header, query in (({"Accept-Language": language}, {}), ({}, {"lang": language})):
            answer = public.get(path, headers=header, params=query)
            assert answer.headers["Vary"] == "Accept, Accept-Language"
            shown = ok(answer)
            assert shown["study_centre"] == names[language]
            assert [each["organiser"] for each in shown["completions"]] == [organiser]
            page = public.get(path, headers={"Accept": "text/html"} | header, params=query).text
            assert [each for each in names.values() if each in page] == [names[language]]
            assert f"<dd>{organiser}</dd>" in page


def test_the_secret_is_shown_once_and_stored_nowhere(
    learner: Person, slug: str, public: httpx.Client, centre: Centre
) -> None:
    made = share(learner)
    secret = made["address"].rpartition("/")[2]
    listed = ok(learner.get(SHARES))["items"]
    assert listed == [{name: made[name] for name in ("id", "expires_on", "made_at")}]
    for table in ("study_register_shares", "audit_entries", "outbox", "stored_answers"):
        assert not any(secret in text for (text,) in centre.rows(f"SELECT t::text FROM {table} t"))
    assert learner.delete(f"{SHARES}/{made['id']}").status_code == 204
    assert refusal(public.get(f"/v1/public/{slug}/study-register/{secret}")) == (404, "not-found")
    assert refusal(learner.delete(f"{SHARES}/{made['id']}")) == (404, "not-found")


def test_a_share_ends_within_ninety_days(learner: Person, slug: str) -> None:
    assert slug
    assert share(learner, "2023-06-13")["expires_on"] == "2023-06-13"
    assert share(learner, "2023-03-15")["expires_on"] == "2023-03-15"
    for day in ("2023-06-14", "2023-03-14"):
        assert errors_of(learner.post(SHARES, {"expires_on": day})) == [("/expires_on", "day-outside")]


def test_twenty_shares_work_at_a_time(learner: Person, slug: str) -> None:
    assert slug
    made = [share(learner) for _ in range(20)]
    full = learner.post(SHARES, {"expires_on": "2023-04-01"})
    assert (refusal(full), full.json()["most"]) == ((409, "too-many"), 20)
    learner.delete(f"{SHARES}/{made[0]['id']}")
    assert share(learner)


def test_sharing_needs_a_strong_sign_in(centre: Centre, learner: Person) -> None:
    weak = learner.post(SHARES, {"expires_on": "2023-04-01"}, headers=centre.weakly(learner))
    assert refusal(weak) == (401, "strong-authentication-required")


@pytest.mark.parametrize("has_slug", [True, False])
@pytest.mark.parametrize("has_url", [True, False])
def test_sharing_needs_a_public_address(centre: Centre, service: str, *, has_url: bool, has_slug: bool) -> None:
    if has_slug:
        centre.owner.execute("UPDATE study_centres SET slug = %s", [f"malli-{str(centre.id)[-12:]}"])
    if not has_url:
        centre.address = service
    learner = centre.person()
    missing = [name for name, is_there in (("PUBLIC_URL", has_url), ("slug", has_slug)) if not is_there]
    answer = learner.post(SHARES, {"expires_on": "2023-04-01"})
    if missing:
        assert (refusal(answer), answer.json()["missing"]) == ((409, "not-configured"), missing)
    else:
        assert ok(answer, 201)["address"].startswith(f"{centre.address}/v1/public/malli-")
    assert len(ok(learner.get(SHARES))["items"]) == (0 if missing else 1)


def test_a_share_is_not_shown_again_once_the_service_has_another_secret_key(
    learner: Person, slug: str, centre: Centre, settings: Settings
) -> None:
    assert slug
    body = {"expires_on": "2023-04-01"}
    ok(learner.post(SHARES, body, key="once"), 201)
    with after_another_secret_key(centre, settings, learner) as same_person:
        assert refusal(same_person.post(SHARES, body, key="once")) == (409, "response-unreadable")
    assert len(ok(learner.get(SHARES))["items"]) == 1


def test_a_share_is_ended_with_a_strong_sign_in(learner: Person, slug: str, centre: Centre) -> None:
    assert slug
    path = f"{SHARES}/{share(learner)['id']}"
    weak = learner.delete(path, headers=centre.weakly(learner))
    assert refusal(weak) == (401, "strong-authentication-required")
    assert learner.get(path).status_code == 200


def test_nobody_ends_a_share_of_another(learner: Person, slug: str, centre: Centre) -> None:
    assert slug
    made = share(learner)
    assert refusal(centre.person().delete(f"{SHARES}/{made['id']}")) == (404, "not-found")


def test_named_staff_find_completions_by_name(course: Course, centre: Centre) -> None:
    course.recorded(course.participant("Ilona Iltanen"))
    aino = course.recorded(course.participant("Áino Esimerkki"))
    reader = participant_reader(centre)
    (found,) = ok(reader.get("/v1/study-register", params={"q": "AINO"}))["items"]
    assert (found["id"], found["training_name"], found["organisation_name"]) == (aino["id"], "Kurssi", "Hämeen Martat")
    assert ok(reader.get("/v1/study-register", params={"q": "aino", "state": "corrected"}))["items"] == []
    entries = centre.rows(
        "SELECT facts::text || coalesce(reason, '') FROM audit_entries WHERE action = 'study-register.read'"
    )
    assert len(entries) == 2
    assert not any("aino" in text.casefold() for (text,) in entries)


@pytest.mark.parametrize("words", ["", "\0", "aino\0", "a\n", "a" * 101])
def test_a_name_is_searched_with_words_that_can_be_read(centre: Centre, words: str) -> None:
    assert refusal(participant_reader(centre).get("/v1/study-register", params={"q": words})) == (422, "validation")


def test_others_than_named_staff_find_nothing(course: Course, centre: Centre) -> None:
    for person in (centre.staff(), centre.person("auditor"), course.writer):
        answer = person.get("/v1/study-register", params={"q": "aino"})
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "register-readers-only")


def test_an_erasure_ends_claims_and_shares_and_keeps_completions(
    course: Course, learner: Person, slug: str, public: httpx.Client, centre: Centre
) -> None:
    completion = course.recorded(taking_part(course, learner))
    secret = share(learner)["address"].rpartition("/")[2]
    held = ok(learner.get(f"/v1/people/{learner.id}/data"))["held"]
    assert [len(held[table]) for table in ("participation_claims", "study_register_shares", "completions")] == [1, 1, 1]
    erased = ok(learner.post(f"/v1/people/{learner.id}/erasure", {"reason": "Oma pyyntö"}))
    assert any("study register" in kept["what"] for kept in erased["kept"])
    assert refusal(public.get(f"/v1/public/{slug}/study-register/{secret}")) == (404, "not-found")
    assert centre.rows("SELECT state FROM participation_claims") == [("revoked",)]
    recorded = centre.rows(
        "SELECT action FROM audit_entries WHERE action ~ 'claim.revoked|share.ended' ORDER BY action"
    )
    assert recorded == [("participation-claim.revoked",), ("study-register-share.ended",)]
    assert ok(course.writer.get(f"/v1/completions/{completion['id']}"))["name"] == "Aino Esimerkki"


@pytest.mark.parametrize("granted_first", [True, False])
def test_a_merger_leaves_one_claim_of_a_course(
    course: Course, learner: Person, centre: Centre, staff: Person, *, granted_first: bool
) -> None:
    participant = taking_part(course, learner)
    other = centre.person()
    ok(other.post("/v1/participation-claims", {"training_id": str(course.id)}), 201)
    kept, merged = (learner, other) if granted_first else (other, learner)
    ok(staff.post(f"/v1/people/{kept.id}/merger", {"person_id": str(merged.id), "reason": "Sama henkilö"}))
    (claim,) = ok(kept.get("/v1/participation-claims", params={"state": "granted"}))["items"]
    assert (claim["person_id"], claim["participant_id"]) == (str(kept.id), participant)
    assert sorted(centre.rows("SELECT state FROM participation_claims")) == [("granted",), ("revoked",)]
    [(ended,)] = centre.rows("SELECT id FROM participation_claims WHERE state = 'revoked'")
    recorded = centre.rows("SELECT subject_id, reason FROM audit_entries WHERE action = 'participation-claim.revoked'")
    assert recorded == [(ended, None)]


def test_a_merger_moves_shares(
    course: Course, learner: Person, centre: Centre, staff: Person, slug: str, public: httpx.Client
) -> None:
    course.recorded(taking_part(course, learner))
    made, kept = share(learner), centre.person()
    ok(staff.post(f"/v1/people/{kept.id}/merger", {"person_id": str(learner.id), "reason": "Sama henkilö"}))
    assert [each["id"] for each in ok(kept.get(SHARES))["items"]] == [made["id"]]
    path = f"/v1/public/{slug}/study-register/" + made["address"].rpartition("/")[2]
    assert len(ok(public.get(path))["completions"]) == 1
    assert kept.delete(f"{SHARES}/{made['id']}").status_code == 204
    assert refusal(public.get(path)) == (404, "not-found")
