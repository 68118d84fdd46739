"""`/v1/organisations`."""

from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

PATH = "/v1/organisations"
Y_TUNNUS = "2077474-0"


def unit(parent: UUID | str, name: str = "Etelä-Savon Martat", **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "association", "parent_id": str(parent), **more}


def faults(answer: Any) -> set[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


def ancestors(centre: Centre, organisation_id: UUID | str) -> list[UUID]:
    """From the organisation itself upwards."""
    rows = centre.rows(
        "SELECT ancestor_id, distance FROM organisation_ancestors WHERE organisation_id = %s ORDER BY distance",
        organisation_id,
    )
    assert [distance for _, distance in rows] == list(range(len(rows)))
    return [ancestor_id for ancestor_id, _ in rows]


def test_staff_add_a_central_organisation(staff: Person) -> None:
    answer = staff.post(PATH, {"name": "  Marttaliitto ", "kind": "central", "parent_id": None}, key=False)
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "kind": "central",
        "parent_id": None,
        "central_organisation_id": made["id"],
        "name": "Marttaliitto",
        "name_sv": None,
        "name_en": None,
        "business_id": None,
        "language": "fi",
        "languages": [],
        "website": None,
        "email": None,
        "phone": None,
        "address": None,
        "billing_address": None,
        "contact_person": None,
        "active_from": "2000-01-01",
        "active_until": None,
        "draws_on": "allotment_then_common",
        "units_propose": True,
        "certificate_signatory": None,
    }
    fetched = staff.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (made, answer.headers["ETag"])
    assert fetched.headers["Cache-Control"] == "private, no-cache"


def test_a_main_user_adds_units_at_any_depth(centre: Centre, staff: Person) -> None:
    central = staff.post(PATH, {"name": "Förbundet", "kind": "central", "language": "sv"}).json()["id"]
    main_user = centre.main_user(UUID(central))
    district = main_user.post(PATH, unit(central, kind="district") | {"kind": "district"}).json()
    assert (district["language"], district["draws_on"], district["units_propose"]) == ("sv", None, None)
    deepest = district["id"]
    above = [UUID(central), UUID(deepest)]
    for _ in range(3):
        made = main_user.post(PATH, unit(deepest, business_id=None)).json()
        assert (made["parent_id"], made["central_organisation_id"]) == (deepest, central)
        deepest = made["id"]
        above.append(UUID(deepest))
        assert ancestors(centre, deepest) == above[::-1]


def test_all_fields_are_stored(staff: Person, central: UUID) -> None:
    body: dict[str, Any] = {
        "name_sv": "Södra Savolax Marthor",
        "name_en": "Marthas of South Savo",
        "business_id": "20774740",
        "language": "sv",
        "languages": ["sv", "fi"],
        "website": "https://example.org/martat?kieli=sv",
        "email": "toimisto@example.org",
        "phone": "+358 (0)40 123 4567",
        "address": {"street": "Esimerkkikatu 1 B 2", "postal_code": "50100", "city": "Mikkeli"},
        "billing_address": {"street": "PL 5", "postal_code": "50101", "city": "Mikkeli"},
        "contact_person": {"name": "Aino Esimerkki", "email": "aino@example.org", "phone": "0401234567"},
        "active_from": "2020-02-29",
        "active_until": "2030-12-31",
    }
    answer = staff.post(PATH, unit(central, **body))
    made = answer.json()
    assert {name: made[name] for name in body} == body | {"business_id": Y_TUNNUS}
    fetched = staff.get(answer.headers["Location"])
    assert (fetched.json(), fetched.headers["ETag"]) == (made, answer.headers["ETag"])


def test_a_language_named_twice_is_refused(staff: Person, central: UUID) -> None:
    assert faults(staff.post(PATH, unit(central, languages=["fi", "sv", "fi"]))) == {("/languages/2", "duplicate-item")}


def test_all_faults_of_a_wrong_shape_are_reported_together(staff: Person) -> None:
    body = {
        "name": " ",
        "kind": "company",
        "parent_id": 7,
        "business_id": "2077474-1",
        "language": "de",
        "website": "javascript:alert(1)",
        "email": "aino",
        "phone": "call me",
        "address": {"postal_code": "?", "country": "FI"},
        "contact_person": [],
        "active_from": None,
        "active_until": 20231231,
        "draws_on": None,
        "units_propose": "yes",
        "central_organisation_id": str(new_id()),
    }
    assert faults(staff.post(PATH, body)) == {
        ("/name", "string-too-short"),
        ("/kind", "literal-error"),
        ("/parent_id", "uuid-type"),
        ("/business_id", "business-id-checksum"),
        ("/language", "literal-error"),
        ("/website", "website-format"),
        ("/email", "email-format"),
        ("/phone", "phone-format"),
        ("/address/postal_code", "postal-code-format"),
        ("/address/country", "extra-forbidden"),
        ("/contact_person", "model-attributes-type"),
        ("/active_from", "date-parsing"),
        ("/active_until", "date-parsing"),
        ("/draws_on", "literal-error"),
        ("/units_propose", "bool-type"),
        ("/central_organisation_id", "extra-forbidden"),
    }


@pytest.mark.parametrize(
    "address",
    [
        "a,b@example.org",
        "<a>@example.org",
        "a..b@example.org",
        ".a@example.org",
        "a@-x.org",
        "a@[127.0.0.1]",
        '"a"@x.org',
        "=?utf-8?q?a?=@x.org",
    ],
)
def test_an_address_that_could_break_a_mails_head_is_refused(staff: Person, address: str) -> None:
    answer = staff.post(PATH, {"name": "Yhdistys", "kind": "central", "parent_id": None, "email": address})
    assert faults(answer) == {("/email", "email-format")}


@pytest.mark.parametrize(
    "written",
    [
        "207747-0",
        "2077474",
        "ABCDEFG-H",
        "2077474-00",
        "",
        "2101-01-01",
        "2077-474-0",
        "FI20774740",
        "２０７７４７４-０",
    ],
)
def test_a_business_id_has_eight_digits(staff: Person, written: str) -> None:
    answer = staff.post(PATH, {"name": "Liitto", "kind": "central", "business_id": written})
    assert faults(answer) == {("/business_id", "business-id-format")}


def test_a_business_id_is_unique_and_its_organisation_named_within_reach(
    staff: Person, main_user: Person, central: UUID
) -> None:
    holder = staff.post(PATH, {"name": "Toinen", "kind": "central", "business_id": Y_TUNNUS}).json()["id"]
    for person, existing_id in ((staff, holder), (main_user, None)):
        answer = person.post(PATH, unit(central, business_id=Y_TUNNUS))
        assert refusal(answer) == (409, "already-exists")
        assert (answer.json()["pointer"], answer.json().get("existing_id")) == ("/business_id", existing_id)
    own = main_user.post(PATH, unit(central)).json()["id"]
    assert refusal(main_user.patch(f"{PATH}/{own}", {"business_id": Y_TUNNUS})) == (409, "already-exists")
    assert staff.patch(f"{PATH}/{holder}", {"business_id": Y_TUNNUS}).status_code == 200


def test_only_a_central_organisation_has_no_parent(staff: Person, central: UUID) -> None:
    assert faults(staff.post(PATH, {"name": "Piiri", "kind": "district", "parent_id": None})) == {
        ("/parent_id", "parent-required")
    }
    assert faults(staff.post(PATH, unit(central) | {"kind": "central"})) == {("/parent_id", "parent-not-allowed")}
    made = staff.post(PATH, unit(central)).json()["id"]
    assert faults(staff.patch(f"{PATH}/{made}", {"parent_id": None})) == {("/parent_id", "parent-required")}
    answer = staff.patch(f"{PATH}/{central}", {"parent_id": made})
    assert faults(answer) == {("/parent_id", "parent-not-allowed")}


def test_other_roles_add_no_organisations(centre: Centre, main_user: Person, central: UUID) -> None:
    assert refusal(main_user.post(PATH, {"name": "Liitto", "kind": "central"})) == (403, "forbidden")
    district = centre.organisation(central)
    for role, organisation_id in (("unit_manager", district), ("training_manager", district), ("auditor", None)):
        answer = centre.person(role, organisation_id).post(PATH, unit(district))
        assert refusal(answer) == (403, "forbidden"), role


def test_a_missing_parent_and_one_out_of_reach_look_the_same(centre: Centre, main_user: Person) -> None:
    for parent in (centre.organisation(), new_id()):
        answer = main_user.post(PATH, unit(parent))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/parent_id"


def test_a_missing_organisation_and_one_out_of_reach_look_the_same(centre: Centre, main_user: Person) -> None:
    for organisation_id in (centre.organisation(), new_id()):
        assert refusal(main_user.get(f"{PATH}/{organisation_id}")) == (404, "not-found")
        answer = main_user.patch(f"{PATH}/{organisation_id}", {"name": "Uusi"}, etag='"x"')
        assert refusal(answer) == (404, "not-found")


def test_a_patch_changes_the_named_fields_and_null_removes(staff: Person, central: UUID) -> None:
    contact = {"name": "Aino Esimerkki", "email": "aino@example.org"}
    made = staff.post(PATH, unit(central, phone="09 123 4567", contact_person=contact)).json()
    path = f"{PATH}/{made['id']}"
    answer = staff.patch(
        path,
        {"phone": None, "contact_person": {"email": None, "phone": "040 1234567"}, "address": {"city": "Mikkeli"}},
    )
    assert answer.status_code == 200
    assert answer.json() == made | {
        "phone": None,
        "contact_person": {"name": "Aino Esimerkki", "email": None, "phone": "040 1234567"},
        "address": {"street": None, "postal_code": None, "city": "Mikkeli"},
    }
    fetched = staff.get(path)
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    emptied = staff.patch(path, {"contact_person": None, "address": {"city": None}}).json()
    assert (emptied["contact_person"], emptied["address"]) == (None, None)
    unchanged = staff.patch(path, {})
    assert (unchanged.status_code, unchanged.json()) == (200, emptied)


def test_a_change_is_audited_without_personal_data(centre: Centre, staff: Person, central: UUID) -> None:
    staff.patch(f"{PATH}/{central}", {"email": "aino@example.org", "name": "Marttaliitto"})
    assert centre.rows("SELECT action, subject_id, facts FROM audit_entries") == [
        ("organisation.changed", central, {"changed": ["email"]})
    ]


def test_a_change_needs_the_present_version(staff: Person, central: UUID) -> None:
    path = f"{PATH}/{central}"
    headers = {"Content-Type": "application/merge-patch+json"}
    assert refusal(staff.client.patch(path, json={"name": "A"}, headers=headers)) == (428, "precondition-required")
    etag = staff.get(path).headers["ETag"]
    assert staff.patch(path, {"name": "A"}, etag=etag).status_code == 200
    stale = staff.patch(path, {"name": "B"}, etag=etag)
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.headers["ETag"] == staff.get(path).headers["ETag"]


def test_a_main_user_changes_its_tree_but_not_its_own_membership(
    centre: Centre, staff: Person, main_user: Person, central: UUID
) -> None:
    path = f"{PATH}/{central}"
    own = {"name": "Martat", "draws_on": "allotment_only", "units_propose": False, "active_from": "2000-01-01"}
    answer = main_user.patch(path, own)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in own} == own
    for membership in ({"active_from": "2001-01-01"}, {"active_until": "2023-12-31"}, {"business_id": Y_TUNNUS}):
        assert refusal(main_user.patch(path, membership)) == (403, "forbidden")
        assert staff.patch(path, membership).status_code == 200
    below = centre.organisation(central)
    assert main_user.patch(f"{PATH}/{below}", {"active_until": "2023-12-31"}).status_code == 200
    for role, organisation_id in (("unit_manager", below), ("training_manager", below), ("auditor", None)):
        answer = centre.person(role, organisation_id).patch(f"{PATH}/{below}", {"name": "Oma"})
        assert refusal(answer) == (403, "forbidden"), role


SIGNATORY = {"name": "Kaija Koski", "title": {"fi": "Puheenjohtaja", "sv": None, "en": "Chair"}}


def test_the_main_user_names_who_signs_certificates(centre: Centre, staff: Person, central: UUID) -> None:
    main_user = centre.main_user(central)
    changed = main_user.patch(f"{PATH}/{central}", {"certificate_signatory": SIGNATORY})
    assert changed.json()["certificate_signatory"] == SIGNATORY
    assert main_user.get(f"{PATH}/{central}").json() == changed.json()
    titled = staff.patch(f"{PATH}/{central}", {"certificate_signatory": {"title": {"en": None}}}).json()
    assert titled["certificate_signatory"]["title"] == {"fi": "Puheenjohtaja", "sv": None, "en": None}
    assert main_user.patch(f"{PATH}/{central}", {"certificate_signatory": None}).json()["certificate_signatory"] is None


@pytest.mark.parametrize(
    "setting", [{"draws_on": "allotment_only"}, {"units_propose": False}, {"certificate_signatory": SIGNATORY}]
)
def test_only_a_central_organisation_has_settings(
    centre: Centre, staff: Person, central: UUID, setting: dict[str, Any]
) -> None:
    below = centre.organisation(central)
    for answer in (staff.patch(f"{PATH}/{below}", setting), staff.post(PATH, unit(central, **setting))):
        assert refusal(answer) == (409, "not-central")
        assert answer.json()["pointer"] == f"/{next(iter(setting))}"


UNSEEN = [
    "Mar\0tat",
    "Mar\x07tat",
    "Mar\x1btat",
    "\u202eMartat",
    "Martat\uffff",
    "Mar\ue000tat",
    "Mar\u2028tat",
]


@pytest.mark.parametrize("name", [*UNSEEN, "Mar\ntat", "Mar\ttat", "\u3164", "\u0301"])
def test_a_name_has_no_invisible_characters(staff: Person, name: str) -> None:
    assert faults(staff.post(PATH, {"name": name, "kind": "central"})) == {("/name", "not-printable")}


def test_a_name_of_hidden_characters_alone_is_none(staff: Person) -> None:
    assert faults(staff.post(PATH, {"name": "\u200b\u200d\u00ad", "kind": "central"})) == {
        ("/name", "string-too-short")
    }


@pytest.mark.parametrize("q", UNSEEN)
def test_a_search_with_invisible_characters_is_refused(staff: Person, q: str) -> None:
    answer = staff.get(PATH, params={"q": q})
    assert refusal(answer) == (422, "validation")
    assert [(each["parameter"], each["code"]) for each in answer.json()["errors"]] == [("q", "not-printable")]


@pytest.mark.parametrize(
    "name", ["Åbo Akademis föreningar r.f.", "Marttaliitto – Äitejä & “muita”", "Союз", "🧶 ❤️", "e\u0301"]
)
def test_a_name_may_be_of_any_script(staff: Person, name: str) -> None:
    assert staff.post(PATH, {"name": name, "kind": "central"}).json()["name"] == name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("Mart\u00adta\u00adliitto", "Marttaliitto", id="soft hyphens of a web page"),
        pytest.param("\ufeffMartta\u200bliitto\u2060", "Marttaliitto", id="marks of a file and of a line's end"),
        pytest.param("Martta\u200dliitto", "Marttaliitto", id="a joiner where there is nothing to join"),
        pytest.param("Perhe \U0001f468\u200d\U0001f469\u200d\U0001f467", None, id="a family of emoji"),
        pytest.param("Sydän ❤\ufe0f\u200d\U0001f525", None, id="a heart on fire"),
        pytest.param("\U0001f469\U0001f3fd\u200d\U0001f33e", None, id="a farmer with the colour of her skin"),
        pytest.param(
            "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", None, id="Scotland's flag"
        ),
        pytest.param("\U0001fae8 \U0001fadf", None, id="emoji newer than an old Python"),
        pytest.param("می\u200cخواهم", None, id="a word of Persian"),
    ],
)
def test_a_name_loses_the_hidden_characters_that_mean_nothing(staff: Person, sent: str, kept: str | None) -> None:
    answer = staff.post(PATH, {"name": sent, "kind": "central"})
    assert (answer.status_code, answer.json().get("name")) == (201, kept or sent)


def test_a_search_finds_a_name_that_holds_a_soft_hyphen(staff: Person) -> None:
    added = staff.post(PATH, {"name": "Marttaliitto", "kind": "central"}).json()
    found = staff.get(PATH, params={"q": "martta\u00adliitto"}).json()["items"]
    assert [each["id"] for each in found] == [added["id"]]


@pytest.mark.parametrize(
    "website",
    [
        "http://[::1",
        "http://[::1]x/",
        "http://[2001:db8::1]/",
        "https://example.org:99999/",
        "http://exa<mple.org",
        "https://%zz/",
        "https://ex%61mple.org",
        "https://.org",
        "https://example..org",
        "https://.example.org",
        "https://127.0.0.1",
        "https://127.1/",
        "https://0x7f.0.0.1",
        "https://2130706433",
        "https://192.0.2.1:8080/sivu",
        "https://example.123",
        "https://localhost",
        "https://intranet/",
        "https://intranet.local",
        "https://-example.org",
        "https://example-.org",
        "https://exam_ple.org",
        f"https://{'a' * 64}.org",
        f"https://{'.'.join(['a' * 60] * 5)}.org",
        "https://user@example.org",
        "https://user:word@example.org",
        "https://example.org\\@evil.example",
        "https://example.org/\u0007",
        "https://example.org/\u202egro",
        "https://exam ple.org",
        "https://xn--a.org",
        "https://i❤.org",
        "https:/example.org",
        "https:example.org",
        "//example.org",
        "example.org",
        "ftp://example.org",
        "https://",
    ],
)
def test_a_website_is_a_url_that_everyone_can_open(staff: Person, website: str) -> None:
    body = {"name": "Martat", "kind": "central", "website": website}
    code = "not-printable" if {"\u0007", "\u202e"} & set(website) else "website-format"
    assert faults(staff.post(PATH, body)) == {("/website", code)}


@pytest.mark.parametrize(
    "website",
    [
        "HTTP://Example.org",
        "HttpS://example.org/Polku?kieli=sv#alku",
        "https://example.org.",
        "https://www.example.org:8443/",
        "https://münchen.example/käyttö",
        "https://straße.example",
        "https://xn--strae-oqa.example/",
        "https://1234.example.org",
        f"https://{'a' * 63}.org",
    ],
)
def test_a_website_is_kept_as_it_is_written(staff: Person, website: str) -> None:
    answer = staff.post(PATH, {"name": "Martat", "kind": "central", "website": website})
    assert (answer.status_code, answer.json().get("website")) == (201, website), answer.text


def test_a_stored_website_that_would_be_refused_now_stays_and_other_fields_are_changed(
    centre: Centre, staff: Person, central: UUID
) -> None:
    centre.owner.execute("UPDATE organisations SET website = 'http://intranet/' WHERE id = %s", [central])
    changed = staff.patch(f"{PATH}/{central}", {"phone": "040 123 4567"})
    assert (changed.status_code, changed.json()["website"]) == (200, "http://intranet/")


def test_no_organisation_has_the_business_id_of_zeros(staff: Person) -> None:
    for business_id in ("0000000-0", "00000000"):
        body = {"name": "Martat", "kind": "central", "business_id": business_id}
        assert faults(staff.post(PATH, body)) == {("/business_id", "business-id-none")}


def test_the_last_day_is_not_before_the_first(staff: Person, central: UUID) -> None:
    path = f"{PATH}/{central}"
    days = {"active_from": "2023-02-02", "active_until": "2023-02-01"}
    assert faults(staff.post(PATH, unit(central, **days))) == {("/active_until", "day-order")}
    staff.patch(path, {"active_until": "2023-02-01"})
    assert faults(staff.patch(path, {"active_from": "2023-02-02"})) == {("/active_from", "day-order")}


def test_days_are_within_the_years_of_the_service(staff: Person, central: UUID) -> None:
    days = {"active_from": "1999-12-31", "active_until": "2101-01-01"}
    outside = {("/active_from", "out-of-range"), ("/active_until", "out-of-range")}
    assert faults(staff.post(PATH, unit(central, **days))) == outside
    assert faults(staff.patch(f"{PATH}/{central}", days)) == outside
    assert staff.post(PATH, unit(central, active_from="2000-01-01", active_until="2100-12-31")).status_code == 201


def test_a_dry_run_and_a_replay_add_once(centre: Centre, main_user: Person, central: UUID) -> None:
    dry = main_user.post(PATH, unit(central), params={"validate_only": "true"})
    assert (dry.status_code, "Location" in dry.headers) == (201, False)
    first, again = (main_user.post(PATH, unit(central), key="one") for _ in range(2))
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert len(centre.rows("SELECT FROM organisations WHERE parent_id IS NOT NULL")) == 1
