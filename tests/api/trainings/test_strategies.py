"""`/v1/training-strategies`: drafts, adoption, revisions, archiving and who sees them."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.identifiers import new_id
from tests.api.hours.test_races import send_at_once
from tests.api.people.test_api_keys import made
from tests.api.people.test_api_keys import program as program_of
from tests.builders import Centre, Person, refusal

PATH = "/v1/training-strategies"
HOURS = {
    "text": "Koulutusta on enemmän",
    "measure": {"kind": "figure", "figure": "hours_used"},
    "aim": 300,
    "year": 2024,
}
BOARDS = {
    "text": "Hallitukset osaavat tehtävänsä",
    "measure": {"kind": "words", "text": "Hallitusten itsearviointi"},
    "aim": "Joka hallitus on arvioinut toimintansa",
    "year": 2025,
}


def strategy(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    """A complete strategy of 2023 to 2025."""
    return {
        "organisation_id": str(organisation_id),
        "first_year": 2023,
        "last_year": 2025,
        "present_state": "Koulutusta on vähän.",
        "challenges": "Kouluttajia on vähän.",
        "development": "Kouluttajia koulutetaan.",
        "own_strategy": "Järjestö kasvaa.",
        "quality_process": "Palaute luetaan hallituksessa.",
        "targets": [HOURS, BOARDS],
    } | more


def drafted(main_user: Person, organisation_id: UUID, **more: Any) -> dict[str, Any]:
    answer = main_user.post(PATH, strategy(organisation_id, **more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def adopted(main_user: Person, organisation_id: UUID, **more: Any) -> dict[str, Any]:
    draft = drafted(main_user, organisation_id, **more)
    answer = main_user.post(f"{PATH}/{draft['id']}/adoption")
    assert answer.status_code == 200, answer.text
    in_force: dict[str, Any] = answer.json()
    return in_force


def changed(main_user: Person, strategy_id: str, **fields: Any) -> dict[str, Any]:
    path = f"{PATH}/{strategy_id}"
    answer = main_user.patch(path, fields, etag=main_user.get(path).headers["ETag"])
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def test_a_main_user_drafts_changes_and_adopts_a_strategy(centre: Centre, central: UUID, main_user: Person) -> None:
    answer = main_user.post(PATH, {"organisation_id": str(central), "first_year": 2023, "last_year": 2025})
    assert answer.status_code == 201
    draft = answer.json()
    assert draft == {
        "id": draft["id"],
        "organisation_id": str(central),
        "organisation_name": "Marttaliitto",
        "state": "draft",
        "revision": None,
        "first_year": 2023,
        "last_year": 2025,
        **dict.fromkeys(("present_state", "challenges", "development", "own_strategy", "quality_process")),
        "targets": [],
        "consultation_opened_at": None,
        "created_by": str(main_user.id),
        "created_by_name": "Aino Esimerkki",
        "created_at": "2023-03-15T12:00:00+02:00",
        "adopted_at": None,
        "archived_at": None,
    }
    path = answer.headers["Location"]
    assert main_user.get(path).json() == draft
    filled = {name: value for name, value in strategy(central).items() if name != "organisation_id"}
    shown = changed(main_user, draft["id"], **filled)
    assert [target | {"id": None} for target in shown["targets"]] == [HOURS | {"id": None}, BOARDS | {"id": None}]
    assert {name: shown[name] for name in filled if name != "targets"} == {
        name: value for name, value in filled.items() if name != "targets"
    }
    assert main_user.get(f"{path}/revisions").json()["items"] == []
    in_force = main_user.post(f"{path}/adoption").json()
    assert in_force == shown | {"state": "in_force", "revision": 1, "adopted_at": "2023-03-15T12:00:00+02:00"}
    assert main_user.get(path).json() == in_force
    assert [
        row for row in centre.rows("SELECT action, facts FROM audit_entries ORDER BY id") if "strategy" in row[0]
    ] == [
        ("training-strategy.created", {"first_year": 2023, "last_year": 2025}),
        ("training-strategy.changed", {"revision": None}),
        ("training-strategy.adopted", {"first_year": 2023, "last_year": 2025}),
    ]


def test_an_organisation_has_one_draft_and_one_strategy_in_force(central: UUID, main_user: Person) -> None:
    first = adopted(main_user, central)
    draft = drafted(main_user, central, first_year=2026, last_year=2028, targets=[HOURS | {"year": 2026}])
    answer = main_user.post(PATH, strategy(central))
    assert refusal(answer) == (409, "already-exists")
    assert answer.json()["existing_id"] == draft["id"]
    assert main_user.post(f"{PATH}/{draft['id']}/adoption").json()["state"] == "in_force"
    archived = main_user.get(f"{PATH}/{first['id']}").json()
    assert archived == first | {"state": "archived", "archived_at": "2023-03-15T12:00:00+02:00"}
    listed = main_user.get(PATH, params={"state": "archived"}).json()["items"]
    assert listed == [archived]
    assert [each["id"] for each in main_user.get(PATH).json()["items"]] == [draft["id"], first["id"]]


def test_a_strategy_is_adopted_only_when_it_says_what_it_must(central: UUID, main_user: Person) -> None:
    draft = drafted(main_user, central, present_state=None, development=None, targets=[])
    path = f"{PATH}/{draft['id']}"
    answer = main_user.post(f"{path}/adoption")
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/present_state", "required"),
        ("/development", "required"),
        ("/targets", "required"),
    ]
    assert main_user.get(path).json() == draft
    changed(main_user, draft["id"], present_state="Nykytila", development="Kehitys", targets=[HOURS])
    assert main_user.post(f"{path}/adoption").status_code == 200
    emptied = main_user.patch(path, {"present_state": None, "targets": []}, etag=main_user.get(path).headers["ETag"])
    assert [error["pointer"] for error in emptied.json()["errors"]] == ["/present_state", "/targets"]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"first_year": 2026}, "/last_year", "year-order"),
        ({"first_year": 1999}, "/first_year", "greater-than-equal"),
        ({"last_year": 2101}, "/last_year", "less-than-equal"),
        ({"targets": [HOURS | {"year": 2022}]}, "/targets/0/year", "outside-the-strategy"),
        ({"targets": [HOURS, HOURS | {"year": 2026}]}, "/targets/1/year", "outside-the-strategy"),
        (
            {"targets": [HOURS | {"measure": {"kind": "figure", "figure": "members"}}]},
            "/targets/0/measure/figure",
            "literal-error",
        ),
        ({"targets": [HOURS | {"measure": {"kind": "figure"}}]}, "/targets/0/measure/figure", "required"),
        ({"targets": [BOARDS | {"measure": {"kind": "words"}}]}, "/targets/0/measure/text", "required"),
        (
            {"targets": [HOURS | {"measure": {"kind": "figure", "figure": "participants", "text": "Arvio"}}]},
            "/targets/0/measure/text",
            "none-required",
        ),
        ({"targets": [HOURS | {"measure": {"kind": "guess"}}]}, "/targets/0/measure/kind", "literal-error"),
        ({"targets": [HOURS | {"aim": "paljon"}]}, "/targets/0/aim", "int-type"),
        ({"targets": [BOARDS | {"aim": 3}]}, "/targets/0/aim", "string-type"),
        ({"targets": [HOURS | {"aim": -1}]}, "/targets/0/aim", "greater-than-equal"),
        ({"targets": [HOURS | {"aim": 2.5}]}, "/targets/0/aim", "int-from-float"),
        ({"targets": [HOURS | {"aim": None}]}, "/targets/0/aim", "number-type"),
        ({"targets": [BOARDS | {"aim": "  "}]}, "/targets/0/aim", "string-too-short"),
        ({"targets": [HOURS | {"id": str(new_id())}]}, "/targets/0/id", "extra-forbidden"),
        ({"targets": [HOURS] * 51}, "/targets", "too-long"),
    ],
)
def test_years_and_targets_are_checked(
    central: UUID, main_user: Person, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = main_user.post(PATH, strategy(central, **fields))
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


def test_a_number_with_a_zero_after_the_point_is_a_number(central: UUID, main_user: Person) -> None:
    [target] = drafted(main_user, central, targets=[HOURS | {"aim": 300.0}])["targets"]
    assert target["aim"] == 300


def test_a_target_keeps_its_id_when_its_strategy_changes(central: UUID, main_user: Person) -> None:
    hours, boards = adopted(main_user, central)["targets"]
    [in_force] = main_user.get(PATH).json()["items"]
    path, new = f"{PATH}/{in_force['id']}", HOURS | {"text": "Uusi tavoite"}
    shown = changed(main_user, in_force["id"], targets=[boards | {"aim": "Muu"}, new])["targets"]
    assert (shown[0], shown[1]["text"]) == (boards | {"aim": "Muu"}, "Uusi tavoite")
    assert shown[1]["id"] not in {hours["id"], boards["id"]}
    etag = main_user.get(path).headers["ETag"]
    gone = main_user.patch(path, {"targets": [hours]}, etag=etag)
    assert refusal(gone) == (404, "not-found")
    assert gone.json()["pointer"] == "/targets/0/id"
    twice = main_user.patch(path, {"targets": [boards, boards]}, etag=etag)
    assert [(error["pointer"], error["code"]) for error in twice.json()["errors"]] == [
        ("/targets/1/id", "duplicate-item")
    ]


def test_a_change_of_a_strategy_in_force_is_a_revision(centre: Centre, central: UUID, main_user: Person) -> None:
    in_force = adopted(main_user, central)
    path = f"{PATH}/{in_force['id']}"
    [first] = main_user.get(f"{path}/revisions").json()["items"]
    assert first == {
        "strategy_id": in_force["id"],
        "number": 1,
        **{name: in_force[name] for name in strategy(central) if name != "organisation_id"},
        "made_by": str(main_user.id),
        "made_by_name": "Aino Esimerkki",
        "made_at": "2023-03-15T12:00:00+02:00",
    }
    assert changed(main_user, in_force["id"], challenges=in_force["challenges"]) == in_force
    centre.clock(2023, 4, 1)
    fewer = [in_force["targets"][0] | {"aim": 350}]
    second = changed(main_user, in_force["id"], challenges=None, targets=fewer)
    assert (second["revision"], second["adopted_at"]) == (2, in_force["adopted_at"])
    newest, oldest = main_user.get(f"{path}/revisions").json()["items"]
    assert (oldest, newest["number"], newest["made_at"]) == (first, 2, "2023-04-01T00:00:00+03:00")
    assert main_user.get(f"{path}/revisions/1").json() == first
    assert main_user.get(f"{path}/revisions/2").json() == newest
    assert refusal(main_user.get(f"{path}/revisions/3")) == (404, "not-found")
    assert main_user.get(f"{path}/revisions/1/comparison/2").json() == {
        "sections": [
            {"section": "challenges", "before": "Kouluttajia on vähän.", "after": None},
            {"section": "targets", "before": in_force["targets"], "after": fewer},
        ]
    }
    assert main_user.get(f"{path}/revisions/2/comparison/2").json() == {"sections": []}
    assert refusal(main_user.get(f"{path}/revisions/1/comparison/3")) == (404, "not-found")
    stale = main_user.patch(path, {"challenges": "Toinen"}, etag='"0123456789abcdef01234567"')
    assert refusal(stale) == (412, "precondition-failed")


def test_a_strategy_that_was_archived_changes_no_more(central: UUID, main_user: Person) -> None:
    in_force = adopted(main_user, central)
    path = f"{PATH}/{in_force['id']}"
    assert main_user.post(f"{path}/archiving").json()["state"] == "archived"
    etag = main_user.get(path).headers["ETag"]
    for answer in (
        main_user.post(f"{path}/archiving"),
        main_user.post(f"{path}/adoption"),
        main_user.post(f"{path}/consultation"),
        main_user.post(f"{path}/contributions", {"text": "Myöhässä"}),
        main_user.patch(path, {"challenges": None}, etag=etag),
    ):
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == "archived"
    draft = drafted(main_user, central)
    refused = main_user.post(f"{PATH}/{draft['id']}/archiving")
    assert (refusal(refused), refused.json()["allowed"]) == ((409, "wrong-state"), ["in_force"])


def test_everybody_with_a_role_in_the_tree_sees_strategies_except_drafts(
    centre: Centre, central: UUID, unit: UUID, main_user: Person
) -> None:
    draft = drafted(main_user, central)
    path = f"{PATH}/{draft['id']}"
    of_tree = [
        centre.person("unit_manager", unit),
        centre.person("training_manager", unit),
        centre.person("observer", unit),
        centre.person("observer", central),
        centre.person("training_manager", central),
    ]
    others = [
        centre.main_user(centre.organisation()),
        centre.person("unit_manager", centre.organisation(centre.organisation())),
    ]
    for person in (*of_tree, *others):
        assert refusal(person.get(path)) == (404, "not-found")
        assert person.get(PATH).json()["items"] == []
        assert refusal(person.get(f"{path}/contributions")) == (404, "not-found")
    for person in (main_user, centre.staff(), centre.person("auditor")):
        assert person.get(path).status_code == 200
    assert main_user.post(f"{path}/consultation").json()["consultation_opened_at"] == "2023-03-15T12:00:00+02:00"
    for person in of_tree:
        assert person.get(path).json()["id"] == draft["id"]
    main_user.post(f"{path}/adoption")
    for person in of_tree:
        assert [each["id"] for each in person.get(PATH, params={"organisation_id": str(central)}).json()["items"]] == [
            draft["id"]
        ]
        for below in (
            "",
            "/revisions",
            "/revisions/1",
            "/revisions/1/comparison/1",
            "/follow-ups",
            "/contact",
            "/document",
        ):
            assert person.get(path + below).status_code == 200
    for person in others:
        for below in (
            "",
            "/revisions",
            "/revisions/1",
            "/revisions/1/comparison/1",
            "/follow-ups",
            "/contact",
            "/document",
        ):
            assert refusal(person.get(path + below)) == (404, "not-found")


def test_only_the_main_user_writes(centre: Centre, central: UUID, unit: UUID, main_user: Person) -> None:
    body = strategy(central)
    for person in (centre.staff(), centre.person("auditor"), centre.person("training_manager", central)):
        assert refusal(person.post(PATH, body)) == (403, "forbidden")
    assert refusal(centre.person("unit_manager", unit).post(PATH, body)) == (404, "not-found")
    assert refusal(main_user.post(PATH, strategy(new_id()))) == (404, "not-found")
    in_unit = main_user.post(PATH, strategy(unit))
    assert (refusal(in_unit), in_unit.json()["organisation_id"]) == ((409, "not-central"), str(unit))
    draft = drafted(main_user, central)
    path = f"{PATH}/{draft['id']}"
    main_user.post(f"{path}/consultation")
    for person in (centre.staff(), centre.person("auditor"), centre.person("unit_manager", unit)):
        etag = person.get(path).headers["ETag"]
        assert refusal(person.patch(path, {"challenges": None}, etag=etag)) == (403, "forbidden")
        for step in ("consultation", "adoption", "archiving"):
            assert refusal(person.post(f"{path}/{step}")) == (403, "forbidden")


def test_a_consultation_that_is_open_stays_open(centre: Centre, central: UUID, main_user: Person) -> None:
    path = f"{PATH}/{drafted(main_user, central)['id']}/consultation"
    first = main_user.post(path).json()
    centre.clock(2023, 4, 1)
    assert main_user.post(path).json() == first
    assert centre.rows("SELECT count(*) FROM audit_entries WHERE action = 'training-strategy.opened'") == [(1,)]


def test_after_the_membership_strategies_are_only_read(centre: Centre, central: UUID, main_user: Person) -> None:
    in_force = adopted(main_user, central)
    draft = drafted(main_user, central)
    path, drafts = f"{PATH}/{in_force['id']}", f"{PATH}/{draft['id']}"
    centre.owner.execute("UPDATE organisations SET active_until = '2023-03-14' WHERE id = %s", [central])
    etag, drafts_etag = main_user.get(path).headers["ETag"], main_user.get(drafts).headers["ETag"]
    for answer in (
        main_user.post(PATH, strategy(central)),
        main_user.patch(path, {"challenges": None}, etag=etag),
        main_user.patch(drafts, {"challenges": None}, etag=drafts_etag),
        main_user.post(f"{drafts}/consultation"),
        main_user.post(f"{drafts}/adoption"),
        main_user.post(f"{path}/archiving"),
        main_user.post(f"{path}/contributions", {"text": "Vielä yksi asia"}),
        main_user.put(f"{path}/follow-ups/2023", {"summary": "Hyvä vuosi"}),
    ):
        assert refusal(answer) == (409, "not-a-member")
    assert main_user.get(f"{path}/document").status_code == 200


def test_the_contact_is_the_organisations_contact_person(
    centre: Centre, central: UUID, unit: UUID, main_user: Person, staff: Person
) -> None:
    path = f"{PATH}/{adopted(main_user, central)['id']}/contact"
    assert main_user.get(path).json()["person"] is None
    office = {"name": "Helsinki", "address": {"street": "Kaivokatu 8", "postal_code": "00100", "city": "Helsinki"}}
    made = staff.post("/v1/regional-offices", office).json()
    body = {
        "organisation_id": str(central),
        "person_id": str(staff.id),
        "regional_office_id": made["id"],
        "valid_from": "2023-01-01",
    }
    assert staff.post("/v1/contact-assignments", body).status_code == 201
    contact = centre.person("observer", unit).get(path).json()
    assert (contact["organisation_id"], contact["person"]["id"]) == (str(central), str(staff.id))


def read(person: Person, path: str, language: str = "fi") -> httpx.Response:
    answer = person.get(f"{path}/document", params={"language": language})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf"), answer.text
    return answer


def test_the_document_of_a_revision_stays_the_same(
    centre: Centre, central: UUID, unit: UUID, main_user: Person
) -> None:
    in_force = adopted(main_user, central)
    path = f"{PATH}/{in_force['id']}"
    first = read(main_user, path)
    assert first.headers["Content-Disposition"] == 'attachment; filename="koulutusstrategia-2023-2025.pdf"'
    assert read(main_user, path, "sv").content != first.content
    centre.clock(2023, 4, 1)
    for person in (main_user, centre.staff(), centre.person("observer", unit)):
        assert read(person, path).content == first.content
    changed(main_user, in_force["id"], challenges=None)
    second = read(main_user, path).content
    assert second != first.content
    main_user.post(f"{path}/archiving")
    assert read(main_user, path).content == second
    kept = (
        "SELECT version, language, content FROM training_documents WHERE kind = 'strategy' ORDER BY version, language"
    )
    assert [(version, language) for version, language, _ in centre.rows(kept)] == [(1, "fi"), (1, "sv"), (2, "fi")]
    assert bytes(centre.rows(kept)[0][2]) == first.content


def test_the_document_of_a_draft_is_that_of_the_day(centre: Centre, central: UUID, main_user: Person) -> None:
    path = f"{PATH}/{drafted(main_user, central)['id']}"
    first = read(main_user, path).content
    centre.clock(2023, 3, 15, 23, 59, 59)
    assert read(main_user, path).content == first
    centre.clock(2023, 3, 16)
    assert read(main_user, path).content != first
    assert centre.rows("SELECT FROM training_documents") == []


def test_of_drafts_and_adoptions_at_the_same_time_one_wins(centre: Centre, central: UUID, main_user: Person) -> None:
    answers = send_at_once(main_user, [(PATH, strategy(central), f"draft-{number}") for number in range(5)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    [draft] = main_user.get(PATH).json()["items"]
    path = f"{PATH}/{draft['id']}/adoption"
    answers = send_at_once(main_user, [(path, None, f"adoption-{number}") for number in range(5)])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert centre.rows("SELECT number FROM training_strategy_revisions") == [(1,)]


def test_the_database_lets_no_draft_beside_another_through(centre: Centre, central: UUID, main_user: Person) -> None:
    """As if the service had not looked."""
    drafted(main_user, central)
    columns = "organisation_id, state, first_year, last_year, targets, created_by, created_at"
    with pytest.raises(psycopg.errors.UniqueViolation, match="training_strategies_one_draft"):
        centre.owner.execute(
            f"INSERT INTO training_strategies (id, {columns}) SELECT %s, {columns} FROM training_strategies", [new_id()]
        )
    with pytest.raises(psycopg.errors.CheckViolation, match="training_strategies_complete"):
        centre.owner.execute(
            "UPDATE training_strategies SET state = 'in_force', revision = 1, adopted_at = created_at, targets = '[]'"
        )


TEXTS = st.none() | st.text("aä ö.", min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "first_year": st.integers(2021, 2024),
        "last_year": st.integers(2023, 2026),
        "present_state": TEXTS,
        "challenges": TEXTS,
        "development": TEXTS,
        "own_strategy": TEXTS,
        "targets": st.lists(st.sampled_from([HOURS, BOARDS]), max_size=3),
    },
)


@settings(
    max_examples=max(5, settings().max_examples // 10), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(CHANGES, min_size=1, max_size=6))
def test_no_change_changes_a_revision(centre: Centre, steps: list[dict[str, Any]]) -> None:
    """Whatever is sent afterwards: what was read of a revision, its document too, is read again as it was."""
    central = centre.organisation()
    main_user = centre.main_user(central)
    in_force = adopted(main_user, central)
    path = f"{PATH}/{in_force['id']}"
    seen: dict[str, bytes] = {}
    for step in steps:
        number = main_user.get(path).json()["revision"]
        seen[f"/revisions/{number}"] = main_user.get(f"{path}/revisions/{number}").content
        answer = main_user.patch(path, step)
        assert answer.status_code in (200, 422), answer.text
        grown = main_user.get(path).json()["revision"]
        assert grown == number or (answer.status_code, grown) == (200, number + 1)
        for below, content in seen.items():
            assert main_user.get(path + below).content == content
    with pytest.raises(psycopg.errors.RestrictViolation, match="a revision of a training strategy never changes"):
        centre.owner.execute('UPDATE training_strategy_revisions SET content = content || \'{"challenges": "Muu"}\'')


def test_a_key_writes_drafts_and_decides_nothing(centre: Centre, central: UUID, main_user: Person) -> None:
    key = made(main_user, central, scopes=["trainings:read", "trainings:write"])
    program = program_of(centre, key)
    draft = drafted(program, central)
    path = f"{PATH}/{draft['id']}"
    assert draft["created_by"] == key["id"]
    changed(program, draft["id"], challenges="Muu")
    assert program.post(f"{path}/consultation").status_code == 200
    for answer in (program.post(f"{path}/adoption"), program.post(f"{path}/contributions", {"text": "Kone puhuu"})):
        assert (refusal(answer), answer.json()["because"]) == ((403, "forbidden"), "person-only")
    assert main_user.post(f"{path}/adoption").status_code == 200
    refused = program.patch(path, {"challenges": None})
    assert (refusal(refused), refused.json()["because"]) == ((403, "forbidden"), "person-only")
    assert refusal(program.post(f"{path}/archiving")) == (403, "forbidden")
    assert program.put(f"{path}/follow-ups/2023", {"summary": "Vuosi alkoi"}).status_code == 200
    reader = program_of(centre, made(main_user, central, scopes=["trainings:read"]))
    assert reader.get(path).status_code == 200
    unscoped = reader.patch(path, {"challenges": None})
    assert (refusal(unscoped), unscoped.json()["scope"]) == ((403, "forbidden"), "trainings:write")
