"""`/v1/supplementary-hour-requests`."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import pool_change
from tests.builders import Centre, Person, refusal

PATH = "/v1/supplementary-hour-requests"


@pytest.fixture
def central(centre: Centre) -> UUID:
    centre.change_window()
    centre.post(2023, pool_change(1000))
    return centre.organisation(name="Marttaliitto")


def asked(central: UUID, hours: int = 100) -> dict[str, Any]:
    return {"organisation_id": str(central), "year": 2023, "hours": hours, "grounds": "Kysyntä kasvoi"}


def test_a_main_user_asks_for_more_hours_in_an_open_window(main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, asked(central))
    assert answer.status_code == 201
    request = answer.json()
    assert request["state"] == "submitted"
    assert request["organisation_name"] == "Marttaliitto"
    assert request["submitted_at"] == "2023-03-15T12:00:00+02:00"
    assert answer.headers["Location"] == f"{PATH}/{request['id']}"
    fetched = main_user.get(answer.headers["Location"])
    assert fetched.json() == request
    assert fetched.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    ("granted", "state"), [(0, "rejected"), (1, "partially_approved"), (99, "partially_approved"), (100, "approved")]
)
def test_staff_grant_all_part_or_nothing(
    centre: Centre, main_user: Person, central: UUID, granted: int, state: str
) -> None:
    request = main_user.post(PATH, asked(central)).json()
    answer = centre.staff().post(f"{PATH}/{request['id']}/decision", {"hours": granted})
    assert answer.status_code == 200
    fetched = main_user.get(f"{PATH}/{request['id']}")
    assert (fetched.json(), fetched.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert (answer.json()["state"], answer.json()["granted_hours"]) == (state, granted)
    assert centre.rows("SELECT pool FROM hour_pools") == [(1000 - granted,)]


def test_grounds_have_lines_but_no_invisible_characters(main_user: Person, central: UUID) -> None:
    grounds = "Kysyntä\r\n\tkasvoi"
    assert main_user.post(PATH, asked(central) | {"grounds": grounds}).json()["grounds"] == grounds
    for unseen in ("Kysyntä\x1bkasvoi", "Kysyntä\u202ekasvoi", "\u2800"):
        answer = main_user.post(PATH, asked(central) | {"grounds": unseen})
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/grounds", "not-printable")
        ]


def test_a_second_decision_is_refused(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    staff = centre.staff()
    staff.post(f"{PATH}/{request['id']}/decision", {"hours": 100})
    answer = staff.post(f"{PATH}/{request['id']}/decision", {"hours": 100})
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["state"] == "approved"
    assert answer.json()["allowed"] == ["submitted"]


def test_no_more_than_requested_can_be_granted(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    answer = centre.staff().post(f"{PATH}/{request['id']}/decision", {"hours": 101})
    assert refusal(answer) == (422, "validation")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/hours", "more-than-asked")]


def test_no_more_than_the_pool_has_can_be_granted(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central, hours=1001)).json()
    answer = centre.staff().post(f"{PATH}/{request['id']}/decision", {"hours": 1001})
    assert refusal(answer) == (409, "pool-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (1000, 1001)


def test_a_request_is_withdrawn_before_it_is_decided(main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    answer = main_user.post(f"{PATH}/{request['id']}/withdrawal", key=False)
    assert answer.json()["state"] == "withdrawn"
    assert main_user.get(f"{PATH}/{request['id']}").headers["ETag"] == answer.headers["ETag"]
    again = main_user.post(f"{PATH}/{request['id']}/withdrawal", key=False)
    assert refusal(again) == (409, "wrong-state")


def test_the_closing_of_a_year_ends_its_requests(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    centre.close(2023)
    withdrawal = main_user.post(f"{PATH}/{request['id']}/withdrawal", key=False)
    assert (refusal(withdrawal), withdrawal.json()["state"]) == ((409, "wrong-state"), "expired")
    for hours in (0, 1):
        decision = centre.staff().post(f"{PATH}/{request['id']}/decision", {"hours": hours})
        assert (refusal(decision), decision.json()["state"]) == ((409, "wrong-state"), "expired")
    assert refusal(main_user.post(PATH, asked(central))) == (409, "year-closed")


def test_the_refusal_of_a_closed_window_names_the_next_one(centre: Centre, main_user: Person, central: UUID) -> None:
    centre.clock(2023, 3, 26)
    answer = main_user.post(PATH, asked(central))
    assert refusal(answer) == (409, "window-closed")
    assert answer.json()["closed_on"] == "2023-03-25"
    assert answer.json()["opens_on"] is None


def test_a_district_cannot_request_hours(centre: Centre, main_user: Person, central: UUID) -> None:
    unit = centre.organisation(central)
    assert refusal(main_user.post(PATH, asked(unit))) == (409, "not-central")


def test_missing_and_out_of_reach_look_the_same(centre: Centre, main_user: Person) -> None:
    foreign = centre.organisation()
    for organisation_id in (foreign, new_id()):
        answer = main_user.post(PATH, asked(organisation_id))
        assert refusal(answer) == (404, "not-found")
        assert answer.json()["pointer"] == "/organisation_id"


def test_staff_do_not_request_hours_for_an_organisation(centre: Centre, central: UUID) -> None:
    assert refusal(centre.staff().post(PATH, asked(central))) == (403, "forbidden")


def test_main_users_do_not_decide(main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    assert refusal(main_user.post(f"{PATH}/{request['id']}/decision", {"hours": 1})) == (403, "forbidden")


def test_nobody_decides_on_their_own_request(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    centre.grant(main_user.id, "staff")
    other_main_user = centre.main_user(central)
    centre.grant(other_main_user.id, "staff")
    for person in (main_user, other_main_user):
        assert refusal(person.post(f"{PATH}/{request['id']}/decision", {"hours": 1})) == (403, "forbidden")
    # The sender may not decide on it even after ceasing to be its main user.
    centre.owner.execute("DELETE FROM role_grants WHERE person_id = %s AND role = 'main_user'", [main_user.id])
    assert refusal(main_user.post(f"{PATH}/{request['id']}/decision", {"hours": 0})) == (403, "forbidden")


def test_a_former_member_is_granted_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    request = main_user.post(PATH, asked(central)).json()
    centre.owner.execute("UPDATE organisations SET active_until = '2022-12-31' WHERE id = %s", [central])
    decision = f"{PATH}/{request['id']}/decision"
    assert refusal(centre.staff().post(decision, {"hours": 1})) == (409, "not-a-member")
    assert centre.staff().post(decision, {"hours": 0}).json()["state"] == "rejected"


@pytest.mark.parametrize("state", ["approved", "partially_approved", "rejected"])
def test_the_database_refuses_a_decision_without_its_hours(
    centre: Centre, main_user: Person, central: UUID, state: str
) -> None:
    main_user.post(PATH, asked(central))
    with pytest.raises(psycopg.errors.CheckViolation, match="granted_fits_state"):
        centre.owner.execute("UPDATE supplementary_hour_requests SET state = %s", [state])


def test_all_faults_of_a_wrong_shape_are_reported_together(main_user: Person) -> None:
    answer = main_user.post(PATH, {"organisation_id": "x", "year": 1999, "hours": "10", "state": "approved"})
    assert refusal(answer) == (422, "validation")
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("/organisation_id", "uuid-parsing"),
        ("/year", "greater-than-equal"),
        ("/hours", "int-type"),
        ("/grounds", "missing"),
        ("/state", "extra-forbidden"),
    }


@pytest.mark.parametrize("hours", [0, -1, 1.5, "10", True, None, 10**12])
def test_hours_are_whole_and_bounded(main_user: Person, central: UUID, hours: Any) -> None:
    assert refusal(main_user.post(PATH, asked(central) | {"hours": hours})) == (422, "validation")


def test_a_replay_returns_the_same_after_the_window_has_closed(
    centre: Centre, main_user: Person, central: UUID
) -> None:
    first = main_user.post(PATH, asked(central), key="one")
    centre.clock(2023, 4, 1)
    again = main_user.post(PATH, asked(central), key="one")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    other = main_user.post(PATH, asked(central, hours=5), key="one")
    assert refusal(other) == (422, "idempotency-key-reused")
    assert len(centre.rows("SELECT FROM supplementary_hour_requests")) == 1


def test_a_dry_run_returns_the_real_answer_and_writes_nothing(centre: Centre, main_user: Person, central: UUID) -> None:
    answer = main_user.post(PATH, asked(central), key=False, params={"validate_only": "true"})
    assert (answer.status_code, answer.json()["state"]) == (201, "submitted")
    assert "Location" not in answer.headers
    assert "ETag" not in answer.headers
    assert centre.rows("SELECT FROM supplementary_hour_requests") == []
    assert centre.rows("SELECT FROM audit_entries") == []


def test_the_list_pages_newest_first_within_reach(centre: Centre, main_user: Person, central: UUID) -> None:
    made = [main_user.post(PATH, asked(central, hours)).json()["id"] for hours in (1, 2, 3)]
    other = centre.organisation()
    centre.main_user(other).post(PATH, asked(other))
    first = main_user.get(PATH, params={"limit": 2, "include": "total"})
    assert [item["id"] for item in first.json()["items"]] == made[:0:-1]
    assert first.json()["total"] == 3
    rest = main_user.get(first.headers["Link"].split(";")[0].strip("<>"))
    assert [item["id"] for item in rest.json()["items"]] == made[:1]
    assert rest.json()["next_cursor"] is None
    assert len(centre.staff().get(PATH).json()["items"]) == 4
    foreign = centre.staff().get(PATH, params={"limit": 2, "cursor": first.json()["next_cursor"]})
    assert refusal(foreign) == (400, "invalid-cursor")
