"""`/v1/me`."""

from tests.builders import Centre, refusal


def test_main_users_see_their_own_data_roles_and_organisations(centre: Centre) -> None:
    second, first = centre.organisation(name="Öljylamput"), centre.organisation(name="Aamukerho")
    person = centre.main_user(second)
    centre.grant(person.id, "training_manager", first)
    centre.grant(person.id, "main_user", first)
    answer = person.get("/v1/me")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-cache"
    me = answer.json()
    assert me["person"] == {
        "id": str(person.id),
        "name": "Aino Esimerkki",
        "email": f"{person.id}@example.org",
        "email_verified_at": "2000-01-01T00:00:00+02:00",
        "phone": None,
        "language": "fi",
        "merged_into": None,
    }
    assert {(role["role"], role["organisation_name"]) for role in me["roles"]} == {
        ("main_user", "Öljylamput"),
        ("main_user", "Aamukerho"),
        ("training_manager", "Aamukerho"),
    }
    assert {(role["valid_from"], role["valid_until"]) for role in me["roles"]} == {("2000-01-01T00:00:00+02:00", None)}
    assert [organisation["name"] for organisation in me["organisations"]] == ["Aamukerho", "Öljylamput"]
    assert me["organisations"][0] == {
        "id": str(first),
        "name": "Aamukerho",
        "kind": "central",
        "central_organisation_id": str(first),
    }


def test_roles_that_are_not_in_force_are_left_out(centre: Centre) -> None:
    person = centre.staff()
    centre.owner.execute("UPDATE role_grants SET valid_until = '2023-03-15T12:00:00+02:00'")
    assert person.get("/v1/me").json()["roles"] == []


def test_a_person_without_a_role_sees_their_own_data(centre: Centre) -> None:
    me = centre.person().get("/v1/me").json()
    assert me["person"]["name"] == "Aino Esimerkki"
    assert (me["roles"], me["organisations"]) == ([], [])


def test_an_unchanged_answer_is_not_sent_again(centre: Centre) -> None:
    person = centre.staff()
    tag = person.get("/v1/me").headers["ETag"]
    assert person.get("/v1/me", headers={"If-None-Match": tag}).status_code == 304


def test_the_version_that_was_read_is_changed(centre: Centre) -> None:
    person = centre.main_user(centre.organisation())
    centre.grant(person.id, "staff")
    tag = person.get("/v1/me").headers["ETag"]
    assert person.patch("/v1/me?validate_only=true", {"phone": "+358 50 555 0100"}, etag=tag).status_code == 200
    assert person.get("/v1/me").headers["ETag"] == tag
    assert person.patch("/v1/me", {"phone": "+358 50 555 0100"}, etag=tag).status_code == 200


def test_a_token_is_needed(centre: Centre) -> None:
    person = centre.person()
    assert refusal(person.get("/v1/me", headers={"Authorization": ""})) == (401, "unauthenticated")


def test_people_change_their_own_data(centre: Centre) -> None:
    person = centre.person()
    changes = {"name": "Aino Uusi", "email": "AINO@example.org", "phone": "+358 40 123 4567", "language": "sv"}
    answer = person.patch("/v1/me", changes)
    assert answer.status_code == 200
    changed = {name: answer.json()["person"][name] for name in changes}
    assert changed == changes, "An address is kept as it is written."
    again = person.get("/v1/me")
    assert (again.json(), again.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert person.patch("/v1/me", {"phone": None}).json()["person"]["phone"] is None
    facts = centre.rows("SELECT facts FROM audit_entries WHERE action = 'person.changed' ORDER BY id")
    assert facts == [
        ({"person_id": str(person.id), "changed": ["email", "language", "name", "phone"]},),
        ({"person_id": str(person.id), "changed": ["phone"]},),
    ]


def test_an_empty_change_is_not_recorded(centre: Centre) -> None:
    person = centre.person()
    assert person.patch("/v1/me", {"language": "fi"}).status_code == 200
    assert centre.rows("SELECT count(*) FROM audit_entries") == [(0,)]


def test_a_change_needs_the_version_that_was_seen(centre: Centre) -> None:
    person = centre.person()
    assert refusal(person.patch("/v1/me", {"name": "Uusi"}, etag='"0"')) == (412, "precondition-failed")
    headers = {"Content-Type": "application/merge-patch+json"}
    bare = person.client.patch("/v1/me", json={"name": "Uusi"}, headers=headers)
    assert refusal(bare) == (428, "precondition-required")


def test_other_fields_are_refused(centre: Centre) -> None:
    person = centre.person()
    refused: list[dict[str, object]] = [{"id": str(person.id)}, {"roles": []}, {"name": None}, {"email": "x"}]
    for body in [*refused, {"language": "de"}]:
        assert refusal(person.patch("/v1/me", body)) == (422, "validation")
