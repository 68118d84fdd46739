"""`/v1/training-models/{id}/versions`: the content, whose turn it is, comments, the submission and the use."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.api.trainings.model_steps import CONTENT, MODELS, Modelling, end_roles, errors_of, model_of, ok
from tests.builders import Centre, Person, refusal

SUBSTANTIAL = {"change": "substantial", "reason": "Palaute kursseilta"}
MINOR = {"change": "minor", "reason": "Tarkennus"}


@pytest.fixture
def modelling(centre: Centre, central: UUID, main_user: Person) -> Modelling:
    return Modelling.of(centre, central, main_user)


def test_the_main_user_writes_a_version_part_by_part(modelling: Modelling) -> None:
    version = f"{modelling.accepted()}/versions/1"
    first = ok(modelling.main_user.patch(version, {"texts": {"fi": {"name": "Kurssi", "goals": ["Osaa"]}}}))
    assert first["texts"] == {
        "fi": {"name": "Kurssi", "goals": ["Osaa"], "certificate_text": None},
        "sv": None,
        "en": None,
    }
    # Objects are merged, lists are replaced (RFC 7396).
    second = ok(
        modelling.main_user.patch(
            version,
            {
                "texts": {"fi": {"certificate_text": "Todistus"}, "sv": {"name": "Kurs"}},
                "assessment": {"what": "Suunnitelma"},
                "koski_study_unit": {"code": "1138", "name": "Vertaisohjaaja"},
            },
        )
    )
    assert second["texts"]["fi"] == {"name": "Kurssi", "goals": ["Osaa"], "certificate_text": "Todistus"}
    assert second["texts"]["sv"] == {"name": "Kurs", "goals": [], "certificate_text": None}
    assert second["assessment"] == {"what": "Suunnitelma", "how": None, "by_whom": None, "scale": None}
    third = ok(
        modelling.main_user.patch(
            version,
            {"texts": {"sv": None}, "assessment": {"scale": "one_to_five"}, "koski_study_unit": {"code": "22"}},
        )
    )
    assert third["texts"]["sv"] is None
    assert third["assessment"] == second["assessment"] | {"scale": "one_to_five"}
    assert third["koski_study_unit"] == {"code": "22", "name": "Vertaisohjaaja"}
    fourth = ok(modelling.main_user.patch(version, {"assessment": None, "koski_study_unit": None}))
    assert (fourth["assessment"], fourth["koski_study_unit"]) == (None, None)
    assert fourth == ok(modelling.main_user.patch(version, {"assessment": None}))
    [(count,)] = modelling.centre.rows("SELECT count(*) FROM audit_entries WHERE action = 'model-version.changed'")
    assert count == 4


@pytest.mark.parametrize(("hours", "expected"), [(27, 1), (53, 1), (54, 2), (162, 6), (1620, 60)])
def test_credits_are_full_twenty_seven_hours(modelling: Modelling, hours: int, expected: int) -> None:
    version = f"{modelling.accepted()}/versions/1"
    assert ok(modelling.main_user.get(version))["credits"] is None
    assert ok(modelling.main_user.patch(version, {"learner_hours": hours}))["credits"] == expected


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("learner_hours", 26, "/learner_hours"),
        ("learner_hours", 1621, "/learner_hours"),
        ("learner_hours", 27.5, "/learner_hours"),
        ("koski_study_unit", {"code": "1234567", "name": "Liian pitkä"}, "/koski_study_unit/code"),
        ("koski_study_unit", {"code": "", "name": "Tyhjä"}, "/koski_study_unit/code"),
        ("koski_study_unit", {"code": "12a", "name": "Kirjain"}, "/koski_study_unit/code"),
        ("koski_study_unit", {"code": "12"}, "/koski_study_unit/name"),
        ("assessment", {"scale": "one_to_six"}, "/assessment/scale"),
        ("texts", {"de": {"name": "Kurs"}}, "/texts/de"),
        ("texts", {"fi": {"goals": ["Osaa\ntehdä"]}}, "/texts/fi/goals/0"),
        ("credits", 2, "/credits"),
        ("state", "approved", "/state"),
    ],
)
def test_a_version_has_no_malformed_content(modelling: Modelling, field: str, value: object, pointer: str) -> None:
    answer = modelling.main_user.patch(f"{modelling.accepted()}/versions/1", {field: value})
    assert refusal(answer) == (422, "validation")
    assert [place for place, _ in errors_of(answer)] == [pointer]


def test_a_version_is_changed_only_by_main_users_and_from_its_present_state(
    centre: Centre, modelling: Modelling, unit: UUID
) -> None:
    version = f"{modelling.accepted()}/versions/1"
    old = modelling.main_user.get(version).headers["ETag"]
    ok(modelling.main_user.patch(version, {"content": "Uusi"}))
    assert refusal(modelling.main_user.patch(version, {"content": "Vanha"}, etag=old)) == (412, "precondition-failed")
    assert refusal(modelling.expert.patch(version, {"content": "Henkilöstön"})) == (403, "forbidden")
    below = centre.person("unit_manager", unit)
    assert refusal(below.patch(version, {"content": "Yhdistyksen"}, etag=old)) == (404, "not-found")
    assert refusal(modelling.main_user.get(f"{model_of(version)}/versions/2")) == (404, "not-found")
    assert refusal(modelling.main_user.get(f"{MODELS}/{new_id()}/versions/1")) == (404, "not-found")


def test_the_turn_passes_from_side_to_side_in_rounds(centre: Centre, modelling: Modelling) -> None:
    version = f"{modelling.accepted()}/versions/1"
    handover = f"{version}/handover"
    early = modelling.expert.post(handover)
    assert refusal(early) == (409, "wrong-state")
    assert (early.json()["state"], early.json()["waiting_for"]) == ("in_work", "organisation")
    assert "organisation" in early.json()["detail"]
    centre.clock(2023, 3, 16, 9)
    handed = ok(modelling.main_user.post(handover))
    assert (handed["waiting_for"], handed["round"]) == ("study_centre", 1)
    assert handed["waiting_since"] == "2023-03-16T09:00:00+02:00"
    twice = modelling.main_user.post(handover)
    assert refusal(twice) == (409, "wrong-state")
    assert twice.json()["waiting_for"] == "study_centre"
    other = modelling.reviewers[0].post(handover)
    assert refusal(other) == (403, "forbidden")
    assert other.json()["because"] == "not-the-expert"
    assert refusal(centre.person("auditor").post(handover)) == (403, "forbidden")
    back = ok(modelling.expert.post(handover))
    assert (back["waiting_for"], back["round"]) == ("organisation", 1)
    assert ok(modelling.main_user.post(handover))["round"] == 2
    recorded = centre.rows("SELECT facts->>'waiting_for' FROM audit_entries WHERE action = 'model-version.handed-over'")
    assert [waiting_for for (waiting_for,) in recorded] == ["study_centre", "organisation", "study_centre"]


def test_nothing_is_submitted_while_it_is_the_study_centres_turn(modelling: Modelling) -> None:
    version = modelling.written()
    ok(modelling.main_user.post(f"{version}/handover"))
    answer = modelling.main_user.post(f"{version}/submission")
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["waiting_for"] == "study_centre"


def test_every_missing_section_is_an_error_of_the_submission(modelling: Modelling) -> None:
    version = f"{modelling.accepted()}/versions/1"
    answer = modelling.main_user.post(f"{version}/submission")
    assert refusal(answer) == (422, "validation")
    sections = ["/texts/fi", "/content", "/assessment", "/methods", "/learner_hours", "/trainer_qualifications"]
    assert errors_of(answer) == [(section, "section-missing") for section in sections]
    ok(modelling.main_user.patch(version, CONTENT | {"texts": {"sv": {"name": "Kurs"}}, "assessment": {"what": "Työ"}}))
    answer = modelling.main_user.post(f"{version}/submission")
    assert [pointer for pointer, _ in errors_of(answer)] == [
        "/texts/fi",
        "/texts/sv/goals",
        "/texts/sv/certificate_text",
        "/assessment/how",
        "/assessment/by_whom",
        "/assessment/scale",
    ]


def test_the_texts_are_needed_in_the_organisations_language(centre: Centre) -> None:
    swedish = Modelling.of(centre, centre.organisation(language="sv", languages=["sv"]))
    version = swedish.written()
    answer = swedish.main_user.post(f"{version}/submission")
    assert errors_of(answer) == [("/texts/sv", "section-missing")]
    ok(swedish.main_user.patch(version, {"texts": {"fi": None, "sv": CONTENT["texts"]["fi"]}}))
    ok(swedish.main_user.post(f"{version}/submission"))


def test_a_submission_fixes_the_content_and_its_digest(modelling: Modelling) -> None:
    version = modelling.written()
    assert ok(modelling.main_user.get(version))["digest"] is None
    assert refusal(modelling.main_user.post(f"{version}/submission", key=False)) == (400, "idempotency-key-required")
    assert refusal(modelling.expert.post(f"{version}/submission")) == (403, "forbidden")
    shown = ok(modelling.main_user.post(f"{version}/submission"))
    assert (shown["state"], shown["waiting_for"], shown["submissions"]) == ("in_review", "study_centre", 1)
    # By hand: the keys in order, without spaces, in UTF-8.
    canonical = (
        '{"assessment":{"by_whom":"Kouluttaja","how":"Suunnitelma arvioidaan tavoitteiden mukaan.",'
        '"scale":"pass_fail","what":"Kokoontumisen suunnitelma"},'
        '"content":"Ryhmän vaiheet, ohjaajan rooli ja kokoontumisen suunnittelu.","koski_study_unit":null,'
        '"learner_hours":54,"methods":"Lähiopetusta ja harjoitus omassa ryhmässä.","prerequisites":null,'
        '"texts":{"fi":{"certificate_text":"Kurssilla opittiin ohjaamaan vapaaehtoisten ryhmää.",'
        '"goals":["Osaa suunnitella kokoontumisen","Osaa ohjata ryhmää"],"name":"Ryhmänohjaajan peruskurssi"}},'
        '"trainer_qualifications":"Kokemusta ryhmien ohjaamisesta."}'
    )
    assert shown["digest"] == sha256(canonical.encode()).hexdigest()
    for answer in (
        modelling.main_user.patch(version, {"content": "Toinen"}),
        modelling.main_user.post(f"{version}/submission"),
        modelling.main_user.post(f"{version}/withdrawal"),
        modelling.main_user.post(f"{version}/handover"),
    ):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["allowed"] == ["in_work", "sent_back"]


def test_comments_are_answered_and_closed_by_the_side_that_made_them(centre: Centre, modelling: Modelling) -> None:
    version = modelling.written()
    comments = f"{version}/comments"
    made = modelling.expert.post(comments, {"section": "assessment", "text": "Kuka arvioi verkossa?"})
    comment = ok(made, 201)
    assert made.headers["Location"] == f"{comments}/{comment['id']}"
    assert (comment["side"], comment["round"], comment["closed_at"]) == ("study_centre", 0, None)
    reply = ok(
        modelling.main_user.post(
            comments, {"section": "assessment", "text": "Kouluttaja.", "replies_to": comment["id"]}
        ),
        201,
    )
    assert (reply["side"], reply["replies_to"]) == ("organisation", comment["id"])
    for body, code in (
        ({"section": "assessment", "text": "Eikö?", "replies_to": reply["id"]}, ("/replies_to", "reply-to-reply")),
        ({"section": "methods", "text": "Entä nämä?", "replies_to": comment["id"]}, ("/section", "other-section")),
    ):
        assert errors_of(modelling.expert.post(comments, body)) == [code]
    stray = modelling.expert.post(comments, {"section": "methods", "text": "Hei", "replies_to": str(new_id())})
    assert refusal(stray) == (404, "not-found")
    assert stray.json()["pointer"] == "/replies_to"
    unknown = modelling.expert.post(comments, {"section": "digest", "text": "Hei"})
    assert [pointer for pointer, _ in errors_of(unknown)] == ["/section"]
    held = modelling.main_user.post(f"{version}/submission")
    assert refusal(held) == (409, "comments-open")
    assert held.json()["open_comments"] == [comment["id"]]
    closing = f"{comments}/{comment['id']}/closing"
    other = modelling.main_user.post(closing)
    assert refusal(other) == (403, "forbidden")
    assert other.json()["because"] == "not-the-side"
    of_reply = modelling.main_user.post(f"{comments}/{reply['id']}/closing")
    assert refusal(of_reply) == (409, "wrong-state")
    # Anybody of the side closes it.
    closed = ok(modelling.reviewers[0].post(closing))
    assert closed["closed_by"] == str(modelling.reviewers[0].id)
    assert refusal(modelling.expert.post(closing)) == (409, "wrong-state")
    late = modelling.expert.post(comments, {"section": "assessment", "text": "Vielä", "replies_to": comment["id"]})
    assert refusal(late) == (409, "wrong-state")
    assert (late.json()["pointer"], late.json()["state"]) == ("/replies_to", "closed")
    listed = ok(modelling.main_user.get(comments))["items"]
    assert [each["id"] for each in listed] == [reply["id"], comment["id"]]
    assert ok(modelling.main_user.get(comments, params={"section": "methods"}))["items"] == []
    assert ok(centre.person("auditor").get(f"{comments}/{comment['id']}"))["id"] == comment["id"]
    ok(modelling.main_user.post(f"{version}/submission"))


def test_comments_and_opinions_are_not_for_the_rest_of_the_tree(
    centre: Centre, modelling: Modelling, unit: UUID
) -> None:
    version = modelling.submitted()
    ok(modelling.expert.post(f"{version}/comments", {"section": "content", "text": "Hyvä"}), 201)
    other = modelling.submitted()
    [comment] = ok(modelling.expert.get(f"{version}/comments"))["items"]
    assert refusal(modelling.expert.get(f"{other}/comments/{comment['id']}")) == (404, "not-found")
    assert refusal(modelling.expert.post(f"{other}/comments/{comment['id']}/closing")) == (404, "not-found")
    auditor = centre.person("auditor")
    for method, path, body in (
        ("POST", "comments", {"section": "content", "text": "Hei"}),
        ("POST", f"comments/{comment['id']}/closing", None),
        ("PUT", "reviewers", {"person_ids": [str(auditor.id), str(new_id())]}),
    ):
        send: Any = auditor.post if method == "POST" else auditor.put
        assert refusal(send(f"{version}/{path}", body)) == (403, "forbidden")
    # In use, the version is seen in the complete tree; what was said of it is not.
    shown = modelling.in_use()
    below = centre.person("training_manager", unit)
    assert ok(below.get(shown))["state"] == "in_use"
    for path in ("comments", f"comments/{comment['id']}", "reviewers"):
        assert refusal(below.get(f"{shown}/{path}")) == (404, "not-found")
    assert refusal(below.post(f"{shown}/comments", {"section": "content", "text": "Hei"})) == (404, "not-found")
    assert refusal(modelling.main_user.post(f"{shown}/comments", {"section": "content", "text": "Hei"})) == (
        409,
        "wrong-state",
    )


def test_versions_are_seen_in_the_tree_from_their_approval_on(centre: Centre, modelling: Modelling, unit: UUID) -> None:
    below = centre.person("training_manager", unit)
    version = modelling.reviewed()
    assert refusal(below.get(version)) == (404, "not-found")
    ok(modelling.reviewers[1].post(f"{version}/decision", {"outcome": "approved"}))
    assert ok(below.get(version))["state"] == "approved"
    assert refusal(below.post(f"{version}/activation")) == (403, "forbidden")
    ok(modelling.main_user.post(f"{version}/activation"))
    second = modelling.next_version(model_of(version))
    listed = ok(below.get(f"{model_of(version)}/versions"))["items"]
    assert [each["number"] for each in listed] == [1]
    assert refusal(below.get(second)) == (404, "not-found")
    everything = ok(modelling.expert.get(f"{model_of(version)}/versions"))["items"]
    assert [each["number"] for each in everything] == [2, 1]
    filtered = ok(modelling.expert.get(f"{model_of(version)}/versions", params={"state": "in_work"}))["items"]
    assert [each["number"] for each in filtered] == [2]


def test_a_version_is_withdrawn_while_it_can_be_changed(modelling: Modelling) -> None:
    version = modelling.written()
    assert refusal(modelling.expert.post(f"{version}/withdrawal")) == (403, "forbidden")
    withdrawn = ok(modelling.main_user.post(f"{version}/withdrawal"))
    assert (withdrawn["state"], withdrawn["waiting_for"], withdrawn["digest"]) == ("withdrawn", None, None)
    assert refusal(modelling.main_user.post(f"{version}/withdrawal")) == (409, "wrong-state")
    # The work begins again from what was written.
    path = model_of(version)
    minor = modelling.main_user.post(f"{path}/versions", MINOR)
    assert errors_of(minor) == [("/change", "none-approved")]
    again = ok(modelling.main_user.post(f"{path}/versions", SUBSTANTIAL), 201)
    assert (again["number"], again["content"]) == (2, CONTENT["content"])


def test_the_next_version_is_a_copy_of_the_newest_approved_one(modelling: Modelling) -> None:
    version = modelling.in_use()
    path = model_of(version)
    assert refusal(modelling.main_user.post(f"{path}/versions", SUBSTANTIAL, key=False)) == (
        400,
        "idempotency-key-required",
    )
    assert refusal(modelling.expert.post(f"{path}/versions", SUBSTANTIAL)) == (403, "forbidden")
    assert [pointer for pointer, _ in errors_of(modelling.main_user.post(f"{path}/versions", {"change": "minor"}))] == [
        "/reason"
    ]
    first = modelling.main_user.post(f"{path}/versions", {"change": "first", "reason": "Uusi"})
    assert [pointer for pointer, _ in errors_of(first)] == ["/change"]
    answer = modelling.main_user.post(f"{path}/versions", SUBSTANTIAL)
    second = ok(answer, 201)
    assert answer.headers["Location"] == f"{path}/versions/2"
    before = ok(modelling.main_user.get(version))
    for section in (*CONTENT, "prerequisites", "koski_study_unit", "credits"):
        assert second[section] == before[section]
    assert (second["state"], second["round"], second["change"]) == ("in_work", 0, "substantial")
    another = modelling.main_user.post(f"{path}/versions", SUBSTANTIAL)
    assert refusal(another) == (409, "already-exists")
    assert another.json()["existing_id"] == second["id"]
    # A rejected one is copied by nothing.
    ok(modelling.main_user.patch(f"{path}/versions/2", {"content": "Hylättävä"}))
    reviewed = modelling.reviewed(f"{path}/versions/2")
    ok(modelling.reviewers[0].post(f"{reviewed}/decision", {"outcome": "rejected", "reason": "Ei kelpaa."}))
    third = ok(modelling.main_user.post(f"{path}/versions", SUBSTANTIAL), 201)
    assert (third["number"], third["content"]) == (3, CONTENT["content"])


def test_a_minor_change_alters_four_sections_alone(modelling: Modelling) -> None:
    path = model_of(modelling.in_use())
    version = modelling.next_version(path, "minor")
    answer = modelling.main_user.patch(
        version,
        {"learner_hours": 81, "assessment": {"scale": "one_to_five"}, "trainer_qualifications": None}
        | {"koski_study_unit": {"code": "1", "name": "Osa"}, "content": "Tarkempi"},
    )
    assert refusal(answer) == (422, "validation")
    assert errors_of(answer) == [
        (pointer, "not-in-a-minor-change")
        for pointer in ("/assessment", "/learner_hours", "/trainer_qualifications", "/koski_study_unit")
    ]
    changed = ok(
        modelling.main_user.patch(
            version,
            {"content": "Tarkempi", "methods": "Verkossa", "prerequisites": "Peruskurssi", "learner_hours": 54}
            | {"texts": {"fi": {"goals": ["Osaa"]}}},
        )
    )
    assert (changed["content"], changed["prerequisites"]) == ("Tarkempi", "Peruskurssi")


def test_a_version_in_use_is_superseded_by_the_next(modelling: Modelling) -> None:
    version = modelling.approved()
    path = model_of(version)
    approved = ok(modelling.main_user.get(version))
    assert (approved["state"], approved["waiting_for"]) == ("approved", "organisation")
    assert refusal(modelling.expert.post(f"{version}/activation")) == (403, "forbidden")
    used = ok(modelling.main_user.post(f"{version}/activation"))
    assert (used["state"], used["activated_by"], used["waiting_for"]) == ("in_use", str(modelling.main_user.id), None)
    assert refusal(modelling.main_user.post(f"{version}/activation")) == (409, "wrong-state")
    second = modelling.in_use(modelling.next_version(path))
    assert ok(modelling.main_user.get(second))["state"] == "in_use"
    first = ok(modelling.main_user.get(version))
    assert (first["state"], first["digest"]) == ("superseded", used["digest"])
    assert first["ended_at"] is not None


def test_a_version_in_review_is_not_taken_into_use(modelling: Modelling) -> None:
    answer = modelling.main_user.post(f"{modelling.reviewed()}/activation")
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("in_review", ["approved"])


def test_an_earlier_version_does_not_replace_a_later_one(modelling: Modelling) -> None:
    first = modelling.approved()
    modelling.in_use(modelling.next_version(model_of(first)))
    answer = modelling.main_user.post(f"{first}/activation")
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["because"] == "later-in-use"


def test_a_main_user_who_belongs_to_the_staff_works_for_the_organisation(centre: Centre, modelling: Modelling) -> None:
    centre.grant(modelling.main_user.id, "staff")
    version = modelling.written()
    comment = ok(modelling.main_user.post(f"{version}/comments", {"section": "content", "text": "Riittääkö?"}), 201)
    assert comment["side"] == "organisation"
    assert ok(modelling.main_user.post(f"{version}/handover"))["waiting_for"] == "study_centre"


def test_api_keys_write_models_and_decide_nothing(modelling: Modelling, unit: UUID) -> None:
    version = modelling.reviewed()
    path = model_of(version)

    def headers_of(organisation_id: UUID, *scopes: str) -> dict[str, str]:
        body = {"organisation_id": str(organisation_id), "name": "Järjestelmä", "scopes": list(scopes)}
        made = ok(modelling.main_user.post("/v1/api-keys", body | {"expires_in_days": 90}), 201)
        return {"Authorization": f"Bearer {made['key']}"}

    reader = headers_of(modelling.central, "trainings:read")
    writer = headers_of(modelling.central, "trainings:read", "trainings:write")
    below = headers_of(unit, "trainings:read")
    assert modelling.main_user.get(version, headers=reader).status_code == 200
    assert modelling.main_user.get(f"{version}/reviewers", headers=reader).status_code == 200
    assert refusal(modelling.main_user.get(version, headers=below)) == (404, "not-found")
    assert modelling.main_user.get(path, headers=below).status_code == 200
    refused = modelling.main_user.post(f"{version}/activation", headers=reader)
    assert refusal(refused) == (403, "forbidden")
    assert refused.json()["scope"] == "trainings:write"
    for method, place, body in (
        ("POST", f"{path}/screening", {"outcome": "rejected", "criteria": [], "reason": "Ei"}),
        ("PUT", f"{path}/expert", {"person_id": str(modelling.expert.id)}),
        ("PUT", f"{version}/reviewers", {"person_ids": [str(each.id) for each in modelling.reviewers]}),
        ("PUT", f"{version}/opinion", {"opinion": "for", "text": "Hyvä"}),
        ("POST", f"{version}/decision", {"outcome": "approved"}),
        ("POST", f"{path}/archiving", {"reason": "Ei tarvita."}),
    ):
        send: Any = modelling.main_user.post if method == "POST" else modelling.main_user.put
        answer = send(place, body, headers=writer)
        assert refusal(answer) == (403, "forbidden")
        assert answer.json()["because"] == "person-only"
    ok(modelling.reviewers[0].post(f"{version}/decision", {"outcome": "approved"}))
    ok(modelling.main_user.post(f"{version}/activation", headers=writer))


def test_what_a_main_user_has_written_stays_when_the_role_ends(centre: Centre, modelling: Modelling) -> None:
    version = modelling.written()
    successor = centre.main_user(modelling.central)
    end_roles(centre, modelling.main_user)
    assert refusal(modelling.main_user.post(f"{version}/submission")) == (404, "not-found")
    ok(successor.post(f"{version}/submission"))
