"""`/v1/calendars/{year}/deadlines` and `/v1/deadlines`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

PATH = "/v1/calendars/2023/deadlines"
SPRING = {"kind": "change_window", "opens_on": "2023-03-13", "closes_on": "2023-03-25"}


def own_days(
    central: UUID, opens_on: str | None = "2023-09-01", closes_on: str | None = "2023-09-30"
) -> dict[str, Any]:
    return {
        "kind": "unit_proposals",
        "organisation_id": str(central),
        "opens_on": opens_on,
        "closes_on": closes_on,
    }


def faults(answer: Any) -> set[tuple[str, str]]:
    assert refusal(answer) == (422, "validation")
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}


# -- Making --


def test_staff_put_a_deadline_in_a_calendar(staff: Person) -> None:
    answer = staff.post(PATH, SPRING | {"note": "Kevään muutosaika"})
    assert answer.status_code == 201
    deadline = answer.json()
    assert deadline == {
        "id": deadline["id"],
        "year": 2023,
        "kind": "change_window",
        "hours_year": 2023,
        "organisation_id": None,
        "opens_on": "2023-03-13",
        "closes_on": "2023-03-25",
        "confirmed": True,
        "note": "Kevään muutosaika",
        "state": "open",
        "irregular": False,
    }
    assert answer.headers["Location"] == f"/v1/deadlines/{deadline['id']}"
    fetched = staff.get(answer.headers["Location"])
    assert fetched.json() == deadline
    assert fetched.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    ("kind", "hours_year"),
    [
        ("proposal_round", 2024),
        ("decision_period", 2024),
        ("training_entry", 2024),
        ("change_window", 2023),
        ("cost_statement", 2022),
    ],
)
def test_the_year_of_the_hours_follows_from_the_kind_by_default(staff: Person, kind: str, hours_year: int) -> None:
    body = {"kind": kind, "closes_on": "2023-05-01"}
    assert staff.post(PATH, body).json()["hours_year"] == hours_year
    assert faults(staff.post(PATH, body | {"hours_year": 2030})) == {("/note", "note-for-the-year")}
    other = staff.post(PATH, body | {"hours_year": 2030, "note": "Kokeilu"})
    assert (other.json()["hours_year"], other.json()["irregular"]) == (2030, False)


@pytest.mark.parametrize(
    ("year", "body", "expected"),
    [
        (2023, {}, {("/kind", "missing")}),
        (2023, SPRING | {"kind": "party"}, {("/kind", "literal-error")}),
        (2023, SPRING | {"state": "open", "year": 2023}, {("/state", "extra-forbidden"), ("/year", "extra-forbidden")}),
        (2023, SPRING | {"hours_year": 2101}, {("/hours_year", "less-than-equal")}),
        (2023, SPRING | {"confirmed": "true"}, {("/confirmed", "bool-type")}),
        (2023, SPRING | {"opens_on": "2023-02-29"}, {("/opens_on", "date-from-datetime-parsing")}),
        (2023, SPRING | {"opens_on": 1678658400}, {("/opens_on", "date-parsing")}),
        (2023, SPRING | {"note": ""}, {("/note", "string-too-short")}),
        (2023, SPRING | {"closes_on": "2023-03-12"}, {("/closes_on", "before-opens-on")}),
        (2023, {"kind": "change_window"}, {("/closes_on", "required")}),
        (2023, {"kind": "cost_statement", "opens_on": "2023-01-01"}, {("/closes_on", "required")}),
        (2023, {"kind": "unit_proposals", "closes_on": "2023-09-30"}, {("/organisation_id", "required")}),
        (2023, SPRING | {"organisation_id": str(UUID(int=1))}, {("/organisation_id", "none-required")}),
        (2023, SPRING | {"closes_on": "2101-01-01"}, {("/closes_on", "out-of-range")}),
        (
            2100,
            {"kind": "proposal_round", "opens_on": "2100-10-01"},
            {("/hours_year", "out-of-range")},
        ),
        (
            2000,
            {"kind": "cost_statement", "opens_on": "1999-01-01"},
            {("/hours_year", "out-of-range"), ("/opens_on", "out-of-range"), ("/closes_on", "required")},
        ),
    ],
)
def test_a_wrong_deadline_is_refused_with_all_its_faults(
    staff: Person, year: int, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    assert faults(staff.post(f"/v1/calendars/{year}/deadlines", body)) == expected


@pytest.mark.parametrize("role", ["main_user", "unit_manager", "auditor", None])
def test_only_staff_run_everyones_deadlines(centre: Centre, role: str | None) -> None:
    organisation_id = {"main_user": centre.organisation(), "unit_manager": centre.organisation(centre.organisation())}
    person = centre.person(role, organisation_id.get(role or ""))
    deadline_id = centre.deadline("change_window", date(2023, 8, 14), None)
    etag = centre.staff().get(f"/v1/deadlines/{deadline_id}").headers["ETag"]
    assert refusal(person.post(PATH, SPRING)) == (403, "forbidden")
    assert refusal(person.patch(f"/v1/deadlines/{deadline_id}", {"note": "x"}, etag=etag)) == (403, "forbidden")
    assert refusal(person.delete(f"/v1/deadlines/{deadline_id}")) == (403, "forbidden")
    assert len(centre.rows("SELECT FROM deadlines")) == 1


# -- Overlaps --


@pytest.mark.parametrize(
    ("opens_on", "closes_on", "overlaps"),
    [
        ("2023-03-25", "2023-03-26", True),  # on the last day
        ("2023-03-26", "2023-03-27", False),  # from the day after
        ("2023-03-12", "2023-03-13", True),
        ("2023-03-01", "2023-03-12", False),
        (None, "2023-03-12", False),
        (None, "2023-03-13", True),  # no first day: since ever
        ("2023-03-26", None, False),
        ("2023-03-25", None, True),  # no last day: for ever
        ("2023-03-20", "2023-03-20", True),
    ],
)
def test_deadlines_of_one_kind_do_not_overlap(
    staff: Person, opens_on: str | None, closes_on: str | None, overlaps: bool
) -> None:
    first = staff.post(PATH, SPRING | {"confirmed": False}).json()
    days: dict[str, Any] = {"kind": "change_window", "opens_on": opens_on, "closes_on": closes_on}
    answer = staff.post(PATH, days)
    if not overlaps:
        assert answer.status_code == 201
    else:
        assert refusal(answer) == (409, "deadline-overlap")
        facts = [answer.json()[fact] for fact in ("kind", "hours_year", "overlaps_with")]
        assert facts == ["change_window", 2023, first["id"]]
    # The calendar of another year is checked too.
    days |= {"opens_on": "2022-12-01", "closes_on": "2023-03-20", "hours_year": 2023, "note": "Jatkuu keväälle"}
    elsewhere = staff.post("/v1/calendars/2022/deadlines", days)
    assert refusal(elsewhere) == (409, "deadline-overlap")


def test_other_kinds_hours_and_organisations_do_not_overlap(centre: Centre, staff: Person) -> None:
    bodies = [SPRING, SPRING | {"hours_year": 2022, "note": "Kokeilu"}, SPRING | {"kind": "decision_period"}]
    assert [staff.post(PATH, body).status_code for body in bodies] == [201, 201, 201]
    for _ in range(2):
        central = centre.organisation()
        assert centre.main_user(central).post(PATH, own_days(central)).status_code == 201
    again = centre.main_user(central).post(PATH, own_days(central))
    assert refusal(again) == (409, "deadline-overlap")


def test_one_of_overlapping_deadlines_made_simultaneously_wins(centre: Centre) -> None:
    people = [centre.staff() for _ in range(6)]
    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(lambda person: person.post(PATH, SPRING), people))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
    (made,) = centre.rows("SELECT id FROM deadlines")
    others = {answer.json()["overlaps_with"] for answer in answers if answer.status_code == 409}
    assert others == {str(made[0])}


def test_the_database_itself_refuses_an_overlap(centre: Centre, staff: Person) -> None:
    staff.post(PATH, SPRING)
    constraint = "SELECT contype::text FROM pg_constraint WHERE conname = 'deadlines_no_overlap'"
    assert centre.rows(constraint) == [("x",)]
    with pytest.raises(Exception, match="deadlines_no_overlap"):
        centre.deadline("change_window", date(2023, 3, 25), None)


# -- A centre's own days --


def test_a_main_user_sets_changes_and_removes_its_units_days(centre: Centre) -> None:
    central = centre.organisation()
    main_user = centre.main_user(central)
    made = main_user.post(PATH, own_days(central))
    assert made.status_code == 201
    assert (made.json()["hours_year"], made.json()["organisation_id"]) == (2024, str(central))
    path = made.headers["Location"]
    assert main_user.patch(path, {"closes_on": "2023-10-05"}).json()["closes_on"] == "2023-10-05"
    assert main_user.delete(path).status_code == 204
    assert refusal(main_user.get(path)) == (404, "not-found")


def test_staff_have_no_say_in_a_centres_own_days(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    deadline_id = centre.deadline("unit_proposals", None, date(2023, 9, 30), organisation_id=central)
    path = f"/v1/deadlines/{deadline_id}"
    assert staff.get(path).status_code == 200
    assert refusal(staff.post(PATH, own_days(central))) == (403, "forbidden")
    assert refusal(staff.patch(path, {"note": "x"})) == (403, "forbidden")
    assert refusal(staff.delete(path)) == (403, "forbidden")


def test_own_days_are_shown_within_the_tree_only(centre: Centre) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    deadline_id = centre.deadline("unit_proposals", None, date(2023, 9, 30), organisation_id=central)
    path = f"/v1/deadlines/{deadline_id}"
    manager = centre.person("unit_manager", unit)
    assert manager.get(path).status_code == 200
    assert refusal(manager.patch(path, {"note": "x"})) == (403, "forbidden")
    assert refusal(manager.delete(path)) == (403, "forbidden")
    outsider = centre.main_user(other)
    assert refusal(outsider.get(path)) == (404, "not-found")
    assert refusal(outsider.patch(path, {"note": "x"}, etag='"x"')) == (404, "not-found")
    assert refusal(outsider.delete(path)) == (404, "not-found")


def test_own_days_are_set_for_ones_own_central_organisation(centre: Centre) -> None:
    central, foreign = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    main_user, manager = centre.main_user(central), centre.person("unit_manager", unit)
    for person, organisation_id in ((main_user, foreign), (main_user, new_id()), (manager, central)):
        answer = person.post(PATH, own_days(organisation_id))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/organisation_id"
    assert refusal(manager.post(PATH, own_days(unit))) == (403, "forbidden")
    answer = main_user.post(PATH, own_days(unit))
    assert refusal(answer) == (409, "not-central")
    assert answer.json()["pointer"] == "/organisation_id"


def test_own_days_end_no_later_than_the_round(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    main_user = centre.main_user(central)
    round_id = centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    for closes_on in ("2023-12-01", None):
        answer = main_user.post(PATH, own_days(central, closes_on=closes_on))
        assert faults(answer) == {("/closes_on", "after-the-round")}
    made = main_user.post(PATH, own_days(central, closes_on="2023-11-30"))
    assert made.status_code == 201
    later = {"closes_on": "2023-12-02"}
    assert faults(main_user.patch(made.headers["Location"], later)) == {("/closes_on", "after-the-round")}
    extension = {"organisation_id": str(central), "closes_on": "2023-12-02", "reason": "Sairaus"}
    assert staff.post(f"/v1/deadlines/{round_id}/extensions", extension).status_code == 201
    assert main_user.patch(made.headers["Location"], later).status_code == 200


def test_own_days_have_no_round_to_keep_to_where_none_is_set(centre: Centre) -> None:
    central = centre.organisation()
    centre.deadline("proposal_round", None, date(2022, 11, 30), year=2022)
    centre.deadline("proposal_round", None, date(2023, 11, 30), confirmed=False)
    assert centre.main_user(central).post(PATH, own_days(central, closes_on=None)).status_code == 201


def test_a_main_user_cannot_choose_another_year_of_the_hours(centre: Centre) -> None:
    central = centre.organisation()
    centre.deadline("proposal_round", None, date(2023, 11, 30), confirmed=False)
    body = own_days(central) | {"hours_year": 2030, "note": "Kokeilu"}
    assert faults(centre.main_user(central).post(PATH, body)) == {("/hours_year", "other-hours-year")}


# -- Changing --


def test_what_was_irregular_before_stays_in_force_until_a_change_puts_it_right(
    centre: Centre, main_user: Person, central: UUID, staff: Person
) -> None:
    deadline_id = centre.deadline("change_window", date(2023, 3, 1), date(2023, 3, 31), year=2058, hours_year=2023)
    path = f"/v1/deadlines/{deadline_id}"
    shown = staff.get(path).json()
    assert (shown["irregular"], shown["state"]) == (True, "open")
    body = {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
    assert main_user.post("/v1/supplementary-hour-requests", body).status_code == 201
    assert faults(staff.patch(path, {"note": "Kokeilu"})) == {("/opens_on", "not-in-the-calendar")}
    copied = staff.post("/v1/calendars/2059/copy", {"from_year": 2058})
    assert copied.json()["items"] == []
    right = {"opens_on": "2058-03-01", "closes_on": "2058-03-31", "hours_year": 2058}
    assert staff.patch(path, right).json()["irregular"] is False


def test_a_change_is_merged_in(centre: Centre, staff: Person) -> None:
    path = staff.post(PATH, SPRING | {"note": "Kevät", "confirmed": False}).headers["Location"]
    centre.clock(2023, 3, 27)
    before = staff.get(path)
    assert before.json()["state"] == "closed"
    answer = staff.patch(path, {"closes_on": None, "confirmed": True, "hours_year": 2024})
    assert answer.status_code == 200
    merged = {"closes_on": None, "confirmed": True, "hours_year": 2024, "state": "open"}
    assert answer.json() == before.json() | merged
    fetched = staff.get(path)
    assert fetched.json() == answer.json()
    assert fetched.headers["ETag"] == answer.headers["ETag"] != before.headers["ETag"]
    assert staff.patch(path, {"note": None, "hours_year": 2023}).json()["note"] is None


def test_an_empty_change_changes_nothing(centre: Centre, staff: Person) -> None:
    path = staff.post(PATH, SPRING).headers["Location"]
    before = staff.get(path)
    answer = staff.patch(path, {})
    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, before.json(), before.headers["ETag"])
    assert centre.rows("SELECT action FROM audit_entries") == [("deadline.made",)]


def test_the_audit_has_the_changes_without_the_note(centre: Centre, staff: Person) -> None:
    path = staff.post(PATH, SPRING).headers["Location"]
    staff.patch(path, {"closes_on": "2023-03-26", "note": "Aino Esimerkin toive"})
    [(facts,)] = centre.rows("SELECT facts FROM audit_entries WHERE action = 'deadline.changed'")
    assert facts == {"closes_on": "2023-03-26", "note_changed": True}
    assert centre.rows("SELECT facts FROM outbox WHERE event = 'deadline.changed'") == [(facts,)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "proposal_round"}, {("/kind", "extra-forbidden")}),
        ({"year": 2024}, {("/year", "extra-forbidden")}),
        ({"organisation_id": None}, {("/organisation_id", "extra-forbidden")}),
        ({"state": "open"}, {("/state", "extra-forbidden")}),
        ({"hours_year": None, "confirmed": None}, {("/hours_year", "number-type"), ("/confirmed", "bool-type")}),
        ({"opens_on": None, "closes_on": None}, {("/closes_on", "required")}),
        ({"opens_on": "2023-03-26"}, {("/closes_on", "before-opens-on")}),
    ],
)
def test_a_change_is_checked_as_a_new_deadline_is(
    staff: Person, changes: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    path = staff.post(PATH, SPRING).headers["Location"]
    assert faults(staff.patch(path, changes)) == expected


def test_a_change_needs_the_version_that_was_seen(staff: Person) -> None:
    path = staff.post(PATH, SPRING).headers["Location"]
    seen = staff.get(path).headers["ETag"]
    without = staff.client.patch(path, json={"note": "a"}, headers={"Content-Type": "application/merge-patch+json"})
    assert refusal(without) == (428, "precondition-required")
    changed = staff.patch(path, {"note": "a"}, etag=seen)
    stale = staff.patch(path, {"note": "b"}, etag=seen)
    assert refusal(stale) == (412, "precondition-failed")
    assert stale.headers["ETag"] == changed.headers["ETag"] != seen
    removal = staff.delete(path, headers={"If-Match": seen})
    assert refusal(removal) == (412, "precondition-failed")
    assert staff.get(path).json()["note"] == "a"


def test_a_change_may_not_overlap_another_but_itself(staff: Person) -> None:
    first = staff.post(PATH, SPRING)
    second = staff.post(PATH, SPRING | {"opens_on": "2023-08-14", "closes_on": "2023-08-25"})
    answer = staff.patch(second.headers["Location"], {"opens_on": "2023-03-25"})
    assert refusal(answer) == (409, "deadline-overlap")
    assert answer.json()["overlaps_with"] == first.json()["id"]
    assert staff.patch(second.headers["Location"], {"opens_on": "2023-08-20"}).status_code == 200


def test_the_tag_changes_as_the_deadline_opens_and_closes(centre: Centre, staff: Person) -> None:
    path = staff.post(PATH, SPRING).headers["Location"]
    tags: list[str] = []
    for day, state in ((12, "upcoming"), (13, "open"), (25, "open"), (26, "closed")):
        centre.clock(2023, 3, day, 0 if state == "open" else 23)
        known = {"If-None-Match": ", ".join(tags[-1:])}
        answer = staff.get(path, headers=known)
        if day == 25:
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tags[-1])
        else:
            assert (answer.status_code, answer.json()["state"]) == (200, state)
            tags.append(answer.headers["ETag"])
    assert len(set(tags)) == 3


# -- Removing --


def test_a_removed_deadline_takes_its_extensions_along(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    path = staff.post(PATH, SPRING).headers["Location"]
    body = {"organisation_id": str(central), "closes_on": "2023-03-31", "reason": "Sairaus"}
    extension = staff.post(f"{path}/extensions", body)
    answer = staff.delete(path, headers={"If-Match": staff.get(path).headers["ETag"]})
    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (path, f"{path}/extensions", extension.headers["Location"]):
        assert refusal(staff.get(gone)) == (404, "not-found")
    assert refusal(staff.delete(path)) == (404, "not-found")
    assert staff.get("/v1/calendars/2023").json()["items"] == []
    assert centre.rows("SELECT action, organisation_id FROM audit_entries ORDER BY action") == [
        ("deadline-extension.given", central),
        ("deadline-extension.removed", central),
        ("deadline.made", None),
        ("deadline.removed", None),
    ]


@pytest.mark.parametrize("deadline_id", [str(UUID(int=1)), "x"])
def test_an_unknown_deadline_is_not_found(staff: Person, deadline_id: str) -> None:
    expected = (422, "validation") if deadline_id == "x" else (404, "not-found")
    path = f"/v1/deadlines/{deadline_id}"
    assert refusal(staff.get(path)) == expected
    assert refusal(staff.delete(path)) == expected
    assert refusal(staff.patch(path, {}, etag='"x"')) == expected


# -- Conventions --


def test_a_repeated_request_makes_one_deadline(centre: Centre, staff: Person) -> None:
    first = staff.post(PATH, SPRING, key="one")
    again = staff.post(PATH, SPRING, key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert len(centre.rows("SELECT FROM deadlines")) == 1


def test_dry_runs_write_nothing(centre: Centre, staff: Person) -> None:
    dry = {"validate_only": "true"}
    answer = staff.post(PATH, SPRING, params=dry)
    assert (answer.status_code, "Location" in answer.headers) == (201, False)
    assert centre.rows("SELECT FROM deadlines") == []
    path = staff.post(PATH, SPRING).headers["Location"]
    assert staff.patch(path, {"note": "x"}, params=dry).json()["note"] == "x"
    assert staff.get(path).json()["note"] is None


def test_the_list_of_a_calendar_is_filtered_and_paged(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    closed = centre.deadline("cost_statement", None, date(2023, 1, 18))
    opened = centre.deadline("change_window", date(2023, 3, 13), date(2023, 3, 25))
    upcoming = centre.deadline("training_entry", date(2023, 12, 1), None)
    own = centre.deadline("unit_proposals", date(2023, 3, 1), None, organisation_id=central)
    centre.deadline("cost_statement", None, date(2024, 1, 18), year=2024)

    def listed(**filters: Any) -> list[UUID]:
        answer = staff.get(PATH, params=filters)
        assert answer.status_code == 200
        return [UUID(item["id"]) for item in answer.json()["items"]]

    assert listed() == [own, upcoming, opened, closed]
    assert listed(state="closed") == [closed]
    assert listed(state="open") == [own, opened]
    assert listed(state="upcoming") == [upcoming]
    assert listed(kind="change_window") == [opened]
    assert listed(hours_year=2022) == [closed]
    assert listed(organisation_id=str(central)) == [own]
    assert listed(under=str(central)) == [own]
    first = staff.get(PATH, params={"limit": 3, "include": "total"})
    assert (len(first.json()["items"]), first.json()["total"]) == (3, 4)
    rest = staff.get(first.headers["Link"].split(";")[0].strip("<>"))
    assert [item["id"] for item in rest.json()["items"]] == [str(closed)]


def test_the_list_has_states_by_the_clock(centre: Centre, staff: Person) -> None:
    centre.change_window()
    states = []
    for day in (12, 13, 26):
        centre.clock(2023, 3, day)
        (item,) = staff.get(PATH).json()["items"]
        assert staff.get(PATH, params={"state": item["state"]}).json()["items"] == [item]
        states.append(item["state"])
    assert states == ["upcoming", "open", "closed"]
