"""`/v1/deadlines/{id}/extensions`, and the windows that they keep open."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.db.identifiers import new_id
from tests.builders import Centre, Person, refusal

REQUESTS = "/v1/supplementary-hour-requests"


@pytest.fixture
def spring(centre: Centre) -> str:
    """The spring window, 13.–25.3.2023."""
    return f"/v1/deadlines/{centre.deadline('change_window', date(2023, 3, 13), date(2023, 3, 25))}"


def extended(organisation_id: UUID, closes_on: str = "2023-03-31") -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "closes_on": closes_on, "reason": "Toimiston muutto"}


def request_of(central: UUID) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}


def test_staff_give_an_organisation_more_time(centre: Centre, staff: Person, spring: str) -> None:
    central = centre.organisation()
    answer = staff.post(f"{spring}/extensions", extended(central))
    assert answer.status_code == 201
    extension = answer.json()
    assert extension == {
        "id": extension["id"],
        "deadline_id": spring.rpartition("/")[2],
        "organisation_id": str(central),
        "closes_on": "2023-03-31",
        "reason": "Toimiston muutto",
        "made_by": str(staff.id),
        "made_by_name": "Aino Esimerkki",
        "made_at": "2023-03-15T12:00:00+02:00",
    }
    assert answer.headers["Location"] == f"{spring}/extensions/{extension['id']}"
    fetched = staff.get(answer.headers["Location"])
    assert fetched.json() == extension
    assert fetched.headers["ETag"] == answer.headers["ETag"]
    assert staff.get(f"{spring}/extensions").json()["items"] == [extension]
    audited = (
        "SELECT action, subject_id::text, organisation_id, actor_id, reason, facts->>'closes_on' FROM audit_entries"
    )
    assert centre.rows(audited) == [
        ("deadline-extension.given", extension["id"], central, staff.id, "Toimiston muutto", "2023-03-31")
    ]


def test_an_extension_after_the_close_opens_the_window_for_its_organisation_alone(
    centre: Centre, staff: Person, spring: str
) -> None:
    central, other = centre.organisation(), centre.organisation()
    main_user, beside = centre.main_user(central), centre.main_user(other)
    centre.clock(2023, 3, 28)
    assert refusal(main_user.post(REQUESTS, request_of(central))) == (409, "window-closed")
    assert staff.post(f"{spring}/extensions", extended(central)).status_code == 201
    assert main_user.post(REQUESTS, request_of(central)).status_code == 201
    refused = beside.post(REQUESTS, request_of(other))
    assert refusal(refused) == (409, "window-closed")
    assert refused.json()["closed_on"] == "2023-03-25"
    assert staff.get(spring).json()["state"] == "closed"  # the deadline's own days stay as they are
    centre.clock(2023, 4, 1)
    own_end = main_user.post(REQUESTS, request_of(central))
    assert refusal(own_end) == (409, "window-closed")
    assert (own_end.json()["opened_on"], own_end.json()["closed_on"]) == ("2023-03-13", "2023-03-31")


def test_an_extension_applies_to_all_below_and_not_above_or_beside(centre: Centre, staff: Person) -> None:
    """Own days may be extended no further than the organisation's own end of the round."""
    central = centre.organisation()
    district, beside = centre.organisation(central), centre.organisation(central)
    association = centre.organisation(centre.organisation(district))
    round_id = centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    own = centre.deadline("unit_proposals", None, date(2023, 9, 30), organisation_id=central)
    until = "2023-12-10"
    assert staff.post(f"/v1/deadlines/{round_id}/extensions", extended(district, until)).status_code == 201
    answers = [
        staff.post(f"/v1/deadlines/{own}/extensions", extended(organisation_id, until))
        for organisation_id in (district, association, beside, central)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 422, 422]


def test_an_extension_for_a_unit_opens_no_window_for_its_centre(centre: Centre, staff: Person, spring: str) -> None:
    central = centre.organisation()
    staff.post(f"{spring}/extensions", extended(centre.organisation(central)))
    centre.clock(2023, 3, 28)
    answer = centre.main_user(central).post(REQUESTS, request_of(central))
    assert (refusal(answer), answer.json()["closed_on"]) == ((409, "window-closed"), "2023-03-25")


def test_the_latest_of_several_extensions_counts(centre: Centre, staff: Person, spring: str) -> None:
    central = centre.organisation()
    main_user = centre.main_user(central)
    for closes_on in ("2023-04-05", "2023-03-31"):
        assert staff.post(f"{spring}/extensions", extended(central, closes_on)).status_code == 201
    centre.clock(2023, 4, 5, 23, 59, 59)
    assert main_user.post(REQUESTS, request_of(central)).status_code == 201
    centre.clock(2023, 4, 6)
    answer = main_user.post(REQUESTS, request_of(central))
    assert (refusal(answer), answer.json()["closed_on"]) == ((409, "window-closed"), "2023-04-05")


def test_an_unconfirmed_deadline_opens_nothing_extended_or_not(centre: Centre, staff: Person) -> None:
    central = centre.organisation()
    path = f"/v1/deadlines/{centre.deadline('change_window', None, date(2023, 3, 25), confirmed=False)}"
    staff.post(f"{path}/extensions", extended(central))
    answer = centre.main_user(central).post(REQUESTS, request_of(central))
    assert (refusal(answer), answer.json()["closed_on"]) == ((409, "window-closed"), None)
    staff.patch(path, {"confirmed": True})
    assert centre.main_user(central).post(REQUESTS, request_of(central)).status_code == 201


@pytest.mark.parametrize(
    ("closes_on", "code"),
    [
        ("2023-03-25", "not-after-the-deadline"),
        ("2023-03-24", "not-after-the-deadline"),
        ("2101-01-01", "out-of-range"),
    ],
)
def test_an_extension_ends_after_the_deadline(
    centre: Centre, staff: Person, spring: str, closes_on: str, code: str
) -> None:
    answer = staff.post(f"{spring}/extensions", extended(centre.organisation(), closes_on))
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/closes_on", code)]


def test_a_deadline_without_a_last_day_has_nothing_to_extend(centre: Centre, staff: Person) -> None:
    deadline_id = centre.deadline("training_entry", date(2023, 12, 1), None)
    answer = staff.post(f"/v1/deadlines/{deadline_id}/extensions", extended(centre.organisation(), "2024-01-01"))
    assert refusal(answer) == (422, "validation")
    assert answer.json()["errors"][0]["code"] == "not-after-the-deadline"


def test_an_unknown_organisation_is_pointed_at(staff: Person, spring: str) -> None:
    answer = staff.post(f"{spring}/extensions", extended(new_id()))
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/organisation_id"


def test_a_wrong_shape_is_refused_with_all_its_faults(staff: Person, spring: str) -> None:
    answer = staff.post(f"{spring}/extensions", {"organisation_id": "x", "closes_on": "31.3.2023", "made_by": "me"})
    assert refusal(answer) == (422, "validation")
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("/organisation_id", "uuid-parsing"),
        ("/closes_on", "date-parsing"),
        ("/reason", "missing"),
        ("/made_by", "extra-forbidden"),
    }


def test_only_staff_give_extensions(centre: Centre, spring: str) -> None:
    central = centre.organisation()
    for person in (centre.main_user(central), centre.person("auditor")):
        assert refusal(person.post(f"{spring}/extensions", extended(central))) == (403, "forbidden")


def test_nobody_extends_for_their_own_organisation(centre: Centre, spring: str) -> None:
    central = centre.organisation()
    main_user = centre.main_user(central)
    centre.grant(main_user.id, "staff")
    assert refusal(main_user.post(f"{spring}/extensions", extended(central))) == (403, "forbidden")


def test_extensions_are_seen_within_reach(centre: Centre, staff: Person, spring: str) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    made = {
        organisation_id: staff.post(f"{spring}/extensions", extended(organisation_id)).json()
        for organisation_id in (central, unit, other)
    }
    seen = [
        (staff, [other, unit, central]),
        (centre.person("auditor"), [other, unit, central]),
        (centre.main_user(central), [unit, central]),
        (centre.person("unit_manager", unit), [unit]),
    ]
    for person, organisations in seen:
        assert person.get(f"{spring}/extensions").json()["items"] == [made[each] for each in organisations]
        for organisation_id, extension in made.items():
            answer = person.get(f"{spring}/extensions/{extension['id']}")
            assert answer.status_code == (200 if organisation_id in organisations else 404)
    assert centre.person().get(f"{spring}/extensions").json()["items"] == []
    by_organisation = staff.get(f"{spring}/extensions", params={"organisation_id": str(central)})
    assert by_organisation.json()["items"] == [made[central]]
    under = staff.get(f"{spring}/extensions", params={"under": str(central)})
    assert under.json()["items"] == [made[unit], made[central]]


def test_an_extension_is_found_only_below_its_deadline(centre: Centre, staff: Person, spring: str) -> None:
    extension = staff.post(f"{spring}/extensions", extended(centre.organisation())).json()
    other = centre.deadline("change_window", date(2023, 8, 14), date(2023, 8, 25))
    assert refusal(staff.get(f"/v1/deadlines/{other}/extensions/{extension['id']}")) == (404, "not-found")
    assert refusal(staff.get(f"{spring}/extensions/{new_id()}")) == (404, "not-found")
    absent = f"/v1/deadlines/{new_id()}/extensions"
    assert refusal(staff.get(absent)) == (404, "not-found")
    assert refusal(staff.post(absent, extended(centre.organisation()))) == (404, "not-found")


def test_a_centres_own_days_are_extended_within_its_tree_and_the_round(centre: Centre, staff: Person) -> None:
    central, other = centre.organisation(), centre.organisation()
    unit = centre.organisation(central)
    centre.deadline("proposal_round", date(2023, 10, 1), date(2023, 11, 30))
    own = centre.deadline("unit_proposals", None, date(2023, 9, 30), organisation_id=central)
    path = f"/v1/deadlines/{own}/extensions"
    assert staff.post(path, extended(unit, "2023-11-30")).status_code == 201
    foreign = staff.post(path, extended(other, "2023-10-15"))
    assert (refusal(foreign), foreign.json()["pointer"]) == ((404, "not-found"), "/organisation_id")
    too_late = staff.post(path, extended(unit, "2023-12-01"))
    assert refusal(too_late) == (422, "validation")
    assert too_late.json()["errors"][0]["code"] == "after-the-round"
    outsider = centre.main_user(other)
    assert refusal(outsider.get(path)) == (404, "not-found")
    assert refusal(outsider.post(path, extended(other, "2023-10-15"))) == (404, "not-found")


def test_a_repeated_request_gives_one_extension(centre: Centre, staff: Person, spring: str) -> None:
    body = extended(centre.organisation())
    first = staff.post(f"{spring}/extensions", body, key="one")
    again = staff.post(f"{spring}/extensions", body, key="one")
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert staff.post(f"{spring}/extensions", body, key=False, params={"validate_only": "true"}).status_code == 201
    assert len(centre.rows("SELECT FROM deadline_extensions")) == 1
