"""`/v1/main-user-applications`: from draft to submission, and who sees what."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.db.identifiers import new_id
from app.documents import making
from app.local.embedded_postgres import Addresses
from tests.api.people.candidates import PATH, Candidate, main_user_grant, signatory_of
from tests.builders import Centre, refusal
from tests.locks import another, until_one_waits
from tests.pdf_text import needs_pdftotext, text_of


@pytest.fixture
def candidate(centre: Centre) -> Candidate:
    return Candidate.of(centre)


def test_a_person_with_a_role_in_the_tree_drafts_an_application(candidate: Candidate) -> None:
    answer = candidate.applicant.post(PATH, candidate.asked(language="sv", begins_on="2023-04-01"))
    assert answer.status_code == 201
    application = answer.json()
    assert application["state"] == "draft"
    assert application["organisation_name"] == "Marttaliitto"
    assert (application["applicant_id"], application["applicant_name"]) == (
        str(candidate.applicant.id),
        "Aino Esimerkki",
    )
    assert (application["signatory_name"], application["signatory_person_id"]) == ("Aili Puheenjohtaja", None)
    assert (application["language"], application["begins_on"]) == ("sv", "2023-04-01")
    fetched = candidate.applicant.get(answer.headers["Location"])
    assert fetched.json() == application
    assert fetched.headers["ETag"] == answer.headers["ETag"]


def test_a_document_that_takes_too_long_leaves_a_draft(candidate: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SECONDS", 0)
    location = candidate.drafted()
    assert refusal(candidate.applicant.post(f"{location}/submission")) == (503, "busy")
    assert candidate.applicant.get(location).json()["state"] == "draft"
    monkeypatch.undo()
    assert candidate.applicant.post(f"{location}/submission").json()["state"] == "awaiting_signatures"


def test_a_dry_run_drafts_nothing(centre: Centre, candidate: Candidate) -> None:
    answer = candidate.applicant.post(PATH, candidate.asked(), key=False, params={"validate_only": "true"})
    assert answer.status_code == 201
    assert centre.rows("SELECT FROM main_user_applications") == []


def test_a_person_without_a_role_in_the_tree_may_not_apply(centre: Centre, candidate: Candidate) -> None:
    stranger = centre.person("training_manager", centre.organisation())
    for organisation_id in (candidate.central, new_id()):
        answer = stranger.post(PATH, candidate.asked(organisation_id=str(organisation_id)))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/organisation_id"
    assert refusal(candidate.staff.post(PATH, candidate.asked())) == (403, "forbidden")


def test_a_unit_has_no_main_user(candidate: Candidate) -> None:
    # The unit itself is within reach, but only the central organisation has a main user.
    answer = candidate.applicant.post(PATH, candidate.asked(organisation_id=str(candidate.unit)))
    assert refusal(answer) == (409, "not-central")


@pytest.mark.parametrize("days", [{"active_from": "2023-03-16"}, {"active_until": "2023-03-14"}])
def test_an_organisation_that_is_no_member_today_gets_no_main_user(
    centre: Centre, candidate: Candidate, days: dict[str, str]
) -> None:
    location = candidate.drafted()
    for name, day in days.items():
        centre.owner.execute(f"UPDATE organisations SET {name} = %s WHERE id = %s", [day, candidate.central])
    assert refusal(candidate.applicant.post(PATH, candidate.asked())) == (409, "not-a-member")
    assert refusal(candidate.applicant.post(f"{location}/submission", key=False)) == (409, "not-a-member")


def test_a_present_main_user_may_not_apply(centre: Centre, candidate: Candidate) -> None:
    centre.grant(candidate.applicant.id, "main_user", candidate.central)
    assert refusal(candidate.applicant.post(PATH, candidate.asked())) == (409, "already-exists")
    # A main user whose role ends may apply for one that begins then.
    centre.main_user(candidate.central)
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-06-01T00:00+03' WHERE role = 'main_user' AND person_id = %s",
        [candidate.applicant.id],
    )
    for begins_on in (None, "2023-05-31"):
        asked = candidate.asked(begins_on=begins_on)
        assert refusal(candidate.applicant.post(PATH, asked)) == (409, "already-exists")
    assert candidate.applicant.post(PATH, candidate.asked(begins_on="2023-06-01")).status_code == 201


def test_a_draft_is_not_moved_into_the_time_of_a_present_role(centre: Centre, candidate: Candidate) -> None:
    centre.grant(candidate.applicant.id, "main_user", candidate.central)
    centre.main_user(candidate.central)
    centre.owner.execute(
        "UPDATE role_grants SET valid_until = '2023-06-01T00:00+03' WHERE role = 'main_user' AND person_id = %s",
        [candidate.applicant.id],
    )
    location = candidate.drafted(begins_on="2023-06-01")
    for begins_on in (None, "2023-05-31"):
        answer = candidate.applicant.patch(location, {"begins_on": begins_on})
        assert refusal(answer) == (409, "already-exists")
    assert candidate.applicant.get(location).json()["begins_on"] == "2023-06-01"


def test_an_applicant_who_has_become_main_user_meanwhile_may_not_submit(centre: Centre, candidate: Candidate) -> None:
    location = candidate.drafted()
    centre.grant(candidate.applicant.id, "main_user", candidate.central)
    assert refusal(candidate.applicant.post(f"{location}/submission", key=False)) == (409, "already-exists")
    assert candidate.applicant.get(location).json()["state"] == "draft"


def test_a_draft_changed_while_its_document_is_made_is_not_submitted(
    centre: Centre, candidate: Candidate, database: Addresses
) -> None:
    location = candidate.drafted()
    with another(centre, database) as meanwhile, ThreadPoolExecutor(1) as thread:
        with meanwhile.owner.transaction():
            meanwhile.owner.execute("UPDATE main_user_applications SET language = 'sv'")
            submitting = thread.submit(candidate.applicant.post, f"{location}/submission", key=False)
            # The document is of the draft as it was before; only after that does the submission need the row.
            until_one_waits(centre)
        answer = submitting.result()
    assert refusal(answer) == (412, "precondition-failed")
    draft = candidate.applicant.get(location)
    assert answer.headers["ETag"] == draft.headers["ETag"]
    assert (draft.json()["state"], draft.json()["document_digest"]) == ("draft", None)


def test_a_person_has_one_open_application_for_an_organisation(centre: Centre, candidate: Candidate) -> None:
    location = candidate.drafted()
    again = candidate.applicant.post(PATH, candidate.asked())
    assert refusal(again) == (409, "already-exists")
    assert again.json()["existing_id"] == location.rsplit("/")[-1]
    candidate.applicant.post(f"{location}/withdrawal", key=False)
    assert candidate.applicant.post(PATH, candidate.asked()).status_code == 201
    other = centre.person("unit_manager", candidate.unit)
    assert other.post(PATH, candidate.asked()).status_code == 201


def test_only_one_of_two_simultaneous_drafts_is_created(centre: Centre, candidate: Candidate) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: candidate.applicant.post(PATH, candidate.asked()), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(centre.rows("SELECT FROM main_user_applications")) == 1


def test_the_signatory_is_in_force_and_of_the_same_organisation(centre: Centre, candidate: Candidate) -> None:
    other = centre.organisation()
    foreign = signatory_of(candidate.staff, other)["id"]
    for signatory_id in (foreign, str(new_id())):
        answer = candidate.applicant.post(PATH, candidate.asked(signatory_id=signatory_id))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/signatory_id"
    unconfirmed = signatory_of(candidate.staff, candidate.central)["id"]
    answer = candidate.applicant.post(PATH, candidate.asked(signatory_id=unconfirmed))
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("unconfirmed", ["in_force"])


def test_an_ended_signatory_prevents_the_submission(candidate: Candidate) -> None:
    location = candidate.drafted()
    candidate.staff.post(f"/v1/organisations/{candidate.central}/signatories/{candidate.signatory_id}/end", key=False)
    answer = candidate.applicant.post(f"{location}/submission", key=False)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["pointer"], answer.json()["state"]) == ("/signatory_id", "ended")


@pytest.mark.parametrize("named_by", ["id", "name"])
def test_nobody_signs_their_own_application_as_signatory(centre: Centre, candidate: Candidate, named_by: str) -> None:
    other = centre.organisation()
    centre.grant(candidate.applicant.id, "training_manager", other)
    own = (
        {"name": " aino  ESIMERKKI"} if named_by == "name" else {"name": None, "person_id": str(candidate.applicant.id)}
    )
    signatory_id = signatory_of(candidate.staff, other, **own)["id"]
    answer = candidate.applicant.post(PATH, {"organisation_id": str(other), "signatory_id": signatory_id})
    assert refusal(answer) == (422, "validation")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/signatory_id", "signatory-is-applicant")]


def test_the_replaced_role_is_another_main_users_and_in_force(centre: Centre, candidate: Candidate) -> None:
    old, foreign = centre.main_user(candidate.central), centre.main_user(centre.organisation())
    right = main_user_grant(centre, old)
    for unknown in (main_user_grant(centre, foreign), str(new_id())):
        answer = candidate.applicant.post(PATH, candidate.asked(replaces_role_grant_id=unknown))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/replaces_role_grant_id"
    location = candidate.drafted(replaces_role_grant_id=right)
    centre.main_user(candidate.central)
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15T12:00+02' WHERE id = %s", [right])
    ended = candidate.applicant.post(f"{location}/submission", key=False)
    assert refusal(ended) == (409, "wrong-state")
    assert (ended.json()["pointer"], ended.json()["state"]) == ("/replaces_role_grant_id", "ended")


@pytest.mark.parametrize(("day", "fault"), [("2023-03-14", "day-passed"), ("9999-12-31", "out-of-range")])
def test_the_first_day_is_not_past_and_within_the_known_years(candidate: Candidate, day: str, fault: str) -> None:
    answer = candidate.applicant.post(PATH, candidate.asked(begins_on=day))
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/begins_on", fault)]
    assert candidate.applicant.post(PATH, candidate.asked(begins_on="2023-03-15")).status_code == 201


def test_a_draft_is_changed_in_the_version_that_was_seen(candidate: Candidate) -> None:
    location = candidate.drafted()
    stale = candidate.applicant.get(location).headers["ETag"]
    changed = candidate.applicant.patch(location, {"begins_on": "2023-05-01", "language": "en"})
    assert (changed.json()["begins_on"], changed.json()["language"]) == ("2023-05-01", "en")
    fetched = candidate.applicant.get(location)
    assert (fetched.json(), fetched.headers["ETag"]) == (changed.json(), changed.headers["ETag"])
    assert refusal(candidate.applicant.patch(location, {"language": "fi"}, etag=stale)) == (412, "precondition-failed")
    unsaid = candidate.applicant.client.patch(
        location, json={}, headers={"Content-Type": "application/merge-patch+json"}
    )
    assert refusal(unsaid) == (428, "precondition-required")
    for body in ({"state": "signed"}, {"organisation_id": str(candidate.central)}, {"signatory_id": None}):
        assert refusal(candidate.applicant.patch(location, body)) == (422, "validation")
    unknown = {"signatory_id": str(new_id())}
    assert refusal(candidate.applicant.patch(location, unknown)) == (404, "not-found")
    candidate.applicant.post(f"{location}/submission", key=False)
    assert refusal(candidate.applicant.patch(location, {"language": "fi"})) == (409, "wrong-state")


def test_a_submitted_application_waits_for_its_signatures(candidate: Candidate) -> None:
    location = candidate.drafted()
    answer = candidate.applicant.post(f"{location}/submission", key=False)
    application = answer.json()
    assert application["state"] == "awaiting_signatures"
    assert application["submitted_at"] == "2023-03-15T12:00:00+02:00"
    assert application["expires_at"] == "2023-05-15T00:00:00+03:00"
    fetched = candidate.applicant.get(location)
    assert (fetched.json(), fetched.headers["ETag"]) == (application, answer.headers["ETag"])
    assert refusal(candidate.applicant.post(f"{location}/submission", key=False)) == (409, "wrong-state")


@needs_pdftotext
def test_the_document_names_the_study_centre_and_the_organisation_in_its_language(
    centre: Centre, candidate: Candidate, tmp_path: Path
) -> None:
    study_centre = centre.named_in_all()
    centre.owner.execute("UPDATE organisations SET name_sv = 'Marthaförbundet' WHERE id = %s", [candidate.central])
    location = candidate.submitted(language="sv")
    shown = text_of(candidate.applicant.get(f"{location}/document").content, tmp_path)
    assert study_centre["sv"] in shown
    assert study_centre["fi"] not in shown
    assert "Marthaförbundet" in shown
    assert "Marttaliitto" not in shown
    assert candidate.applicant.get(location).json()["organisation_name"] == "Marttaliitto"


def test_an_application_expires_by_the_clock_and_another_may_be_made(centre: Centre, candidate: Candidate) -> None:
    location = candidate.submitted()

    def listed(state: str) -> list[str]:
        return [item["id"] for item in candidate.applicant.get(PATH, params={"state": state}).json()["items"]]

    first = location.rsplit("/")[-1]
    centre.clock(2023, 5, 14, 23, 59, 59)
    assert candidate.applicant.get(location).json()["state"] == "awaiting_signatures"
    assert (listed("awaiting_signatures"), listed("expired")) == ([first], [])
    assert refusal(candidate.applicant.post(PATH, candidate.asked())) == (409, "already-exists")
    centre.clock(2023, 5, 15)
    assert candidate.applicant.get(location).json()["state"] == "expired"
    assert (listed("awaiting_signatures"), listed("expired")) == ([], [first])
    late = candidate.applicant.post(f"{location}/withdrawal", key=False)
    assert refusal(late) == (409, "wrong-state")
    assert late.json()["state"] == "expired"
    assert candidate.applicant.post(PATH, candidate.asked()).status_code == 201
    assert listed("expired") == [first]


def test_the_study_centre_sets_how_long_an_application_waits(centre: Centre, candidate: Candidate) -> None:
    centre.owner.execute("UPDATE study_centres SET signing_days = 14")
    location = candidate.submitted()
    assert candidate.applicant.get(location).json()["expires_at"] == "2023-03-30T00:00:00+03:00"


@pytest.mark.parametrize("made", [Candidate.drafted, Candidate.submitted])
def test_an_application_is_withdrawn_before_it_is_decided(
    candidate: Candidate, made: Callable[[Candidate], str]
) -> None:
    location = made(candidate)
    answer = candidate.applicant.post(f"{location}/withdrawal", key=False)
    assert answer.json()["state"] == "withdrawn"
    assert candidate.applicant.get(location).json() == answer.json()
    assert refusal(candidate.applicant.post(f"{location}/withdrawal", key=False)) == (409, "wrong-state")


def test_only_people_concerned_see_an_application_and_act_on_it(centre: Centre, candidate: Candidate) -> None:
    person = centre.person("training_manager", candidate.unit)
    signatory_id = signatory_of(candidate.staff, candidate.central, name=None, person_id=str(person.id))["id"]
    confirmation = f"/v1/organisations/{candidate.central}/signatories/{signatory_id}/confirmation"
    assert centre.staff().post(confirmation, key=False).status_code == 200
    location = candidate.drafted(signatory_id=signatory_id)
    main_user = centre.main_user(candidate.central)
    for seer in (person, main_user, candidate.staff, centre.person("auditor")):
        assert seer.get(location).status_code == 200
        assert [item["id"] for item in seer.get(PATH).json()["items"]] == [location.rsplit("/")[-1]]
        for action in ("submission", "withdrawal"):
            assert refusal(seer.post(f"{location}/{action}", key=False)) == (403, "forbidden")
        assert refusal(seer.patch(location, {"language": "sv"})) == (403, "forbidden")
    stranger = centre.person("training_manager", candidate.unit)
    foreign = centre.main_user(centre.organisation())
    for other in (stranger, foreign):
        assert refusal(other.get(location)) == (404, "not-found")
        assert other.get(PATH).json()["items"] == []
        assert refusal(other.post(f"{location}/withdrawal", key=False)) == (404, "not-found")
    assert refusal(candidate.applicant.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_the_list_is_filtered(candidate: Candidate) -> None:
    location = candidate.drafted()
    candidate.applicant.post(f"{location}/withdrawal", key=False)
    second = candidate.drafted().rsplit("/")[-1]
    first = location.rsplit("/")[-1]

    def listed(**filters: object) -> list[str]:
        return [item["id"] for item in candidate.staff.get(PATH, params=filters).json()["items"]]

    assert listed() == [second, first]
    assert listed(state="draft") == [second]
    assert listed(organisation_id=candidate.central, state="withdrawn") == [first]
    assert listed(under=candidate.central, applicant_id=candidate.applicant.id) == [second, first]
    assert listed(organisation_id=candidate.unit) == []
    assert listed(applicant_id=candidate.staff.id) == []
