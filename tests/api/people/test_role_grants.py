"""`/v1/role-grants`: how roles begin and end, and that an organisation always has a main user."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.calendar.deadlines import HELSINKI
from app.local.embedded_postgres import Addresses
from tests.builders import Centre, Person, refusal
from tests.locks import another, until_one_waits

PATH = "/v1/role-grants"
WHY = "Vaihtoi työpaikkaa"


def given(person: Person, role: str, organisation_id: UUID | None, **more: Any) -> dict[str, Any]:
    return {
        "person_id": str(person.id),
        "role": role,
        "organisation_id": organisation_id and str(organisation_id),
        "reason": "Hoitaa piirin asioita",
        **more,
    }


def grant_of(centre: Centre, person: Person) -> str:
    [(grant_id,)] = centre.rows("SELECT id FROM role_grants WHERE person_id = %s", person.id)
    return str(grant_id)


def end(caller: Person, grant_id: str, ends_on: str | None = None) -> httpx.Response:
    return caller.post(f"{PATH}/{grant_id}/ending", {"ends_on": ends_on, "reason": WHY})


def main_user_from(centre: Centre, organisation_id: UUID, *days: tuple[int, int, int] | None) -> Person:
    """With the days on which the role begins and ends, in spite of the rules if need be."""
    person = centre.person()
    valid_from, valid_until = (day and datetime(*day, tzinfo=HELSINKI) for day in (*days, None)[:2])
    centre.owner.execute(
        "INSERT INTO role_grants (id, person_id, role, organisation_id, valid_from, valid_until) "
        "VALUES (%s, %s, 'main_user', %s, %s, %s)",
        [new_id(), person.id, organisation_id, valid_from, valid_until],
    )
    return person


def test_a_main_user_grants_a_role_and_everybody_concerned_sees_it(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    main_user, named = centre.main_user(central), centre.person("training_manager", unit)
    answer = main_user.post(PATH, given(named, "unit_manager", unit))
    assert answer.status_code == 201
    grant = answer.json()
    assert (grant["state"], grant["granted_by"]) == ("in_force", str(main_user.id))
    assert (grant["valid_from"], grant["valid_until"]) == ("2023-03-15T12:00:00+02:00", None)
    assert (grant["reason"], grant["person_name"]) == ("Hoitaa piirin asioita", "Aino Esimerkki")
    for reader in (main_user, centre.staff(), centre.person("auditor")):
        fetched = reader.get(answer.headers["Location"])
        assert (fetched.json(), fetched.headers["ETag"]) == (grant, answer.headers["ETag"])
    # A training manager does not see the main user (rulebook §2.5).
    assert named.get(answer.headers["Location"]).json() == grant | {"granted_by_name": None}
    assert {role["role"] for role in named.get("/v1/me").json()["roles"]} == {"training_manager", "unit_manager"}
    assert centre.rows("SELECT action, actor_id, reason FROM audit_entries") == [
        ("role-grant.given", main_user.id, "Hoitaa piirin asioita")
    ]


def test_other_peoples_roles_are_visible_to_the_managers_of_the_tree(centre: Centre, central: UUID) -> None:
    main_user = centre.main_user(central)
    grant_id = grant_of(centre, main_user)
    unit = centre.organisation(central)
    outsiders = (
        centre.person(),
        centre.main_user(centre.organisation()),
        centre.person("unit_manager", unit),
        centre.person("training_manager", central),
    )
    for outsider in outsiders:
        assert refusal(outsider.get(f"{PATH}/{grant_id}")) == (404, "not-found")
        assert refusal(end(outsider, grant_id)) == (404, "not-found")
        assert grant_id not in [item["id"] for item in outsider.get(PATH).json()["items"]]
    seen = main_user.get(PATH).json()["items"]
    assert sorted(item["role"] for item in seen) == ["main_user", "training_manager", "unit_manager"]
    staff_grant = grant_of(centre, centre.staff())
    assert refusal(main_user.get(f"{PATH}/{staff_grant}")) == (404, "not-found")
    assert refusal(main_user.get(f"{PATH}/{new_id()}")) == (404, "not-found")


def test_grants_are_filtered(centre: Centre, central: UUID) -> None:
    staff, person = centre.staff(), centre.person()
    unit = centre.organisation(central)
    first = staff.post(PATH, given(person, "unit_manager", unit, ends_on="2023-03-20")).json()["id"]
    second = staff.post(PATH, given(person, "training_manager", central, begins_on="2023-04-01")).json()["id"]
    end(staff, second)
    third = staff.post(PATH, given(person, "training_manager", central, begins_on="2023-04-01")).json()["id"]

    def ids(**filters: Any) -> list[str]:
        return [item["id"] for item in staff.get(PATH, params={"person_id": str(person.id), **filters}).json()["items"]]

    assert ids() == [third, second, first]
    assert ids(organisation_id=str(central)) == [third, second]
    assert ids(under=str(central), role="unit_manager") == ids(state="in_force") == [first]
    assert (ids(state="upcoming"), ids(state="ended")) == ([third], [second])
    centre.clock(2023, 4, 2)
    assert (ids(state="upcoming"), ids(state="in_force"), ids(state="ended")) == ([], [third], [second, first])


def test_a_role_is_in_force_from_its_first_day_to_its_last(centre: Centre, central: UUID) -> None:
    person = centre.person()
    days = {"begins_on": "2023-04-01", "ends_on": "2023-04-30"}
    grant = centre.staff().post(PATH, given(person, "training_manager", central, **days)).json()
    assert grant["state"] == "upcoming"
    assert (grant["valid_from"], grant["valid_until"]) == ("2023-04-01T00:00:00+03:00", "2023-05-01T00:00:00+03:00")
    for moment, state, roles in (
        ((2023, 3, 31, 23, 59, 59), "upcoming", 0),
        ((2023, 4, 1), "in_force", 1),
        ((2023, 4, 30, 23, 59, 59), "in_force", 1),
        ((2023, 5, 1), "ended", 0),
    ):
        centre.clock(*moment)
        assert person.get(f"{PATH}/{grant['id']}").json()["state"] == state
        assert len(person.get("/v1/me").json()["roles"]) == roles


@pytest.mark.parametrize(
    ("days", "faults"),
    [
        ({"begins_on": "2023-03-14"}, [("/begins_on", "day-passed")]),
        ({"ends_on": "2023-03-14"}, [("/ends_on", "day-passed")]),
        ({"begins_on": "2023-04-02", "ends_on": "2023-04-01"}, [("/ends_on", "day-order")]),
        ({"ends_on": "2101-01-01"}, [("/ends_on", "out-of-range")]),
    ],
)
def test_days_are_in_order_and_not_past(
    centre: Centre, central: UUID, days: dict[str, str], faults: list[tuple[str, str]]
) -> None:
    answer = centre.staff().post(PATH, given(centre.person(), "training_manager", central, **days))
    assert refusal(answer) == (422, "validation")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == faults


def test_a_role_fits_its_organisation(centre: Centre, central: UUID) -> None:
    staff, person = centre.staff(), centre.person()
    for role, place in (("unit_manager", central), ("staff", central), ("training_manager", None)):
        answer = staff.post(PATH, given(person, role, place))
        assert refusal(answer) == (422, "validation")
        assert answer.json()["errors"][0]["code"] == "role-does-not-fit"


def test_a_main_users_role_is_granted_by_an_application_only(centre: Centre, central: UUID) -> None:
    for caller in (centre.staff(), centre.main_user(central)):
        answer = caller.post(PATH, given(centre.person(), "main_user", central))
        assert refusal(answer) == (409, "main-user-application-required")


def test_other_roles_grant_no_roles(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    person = centre.person()
    main_user = centre.main_user(central)
    for caller, body in (
        (main_user, given(person, "staff", None)),
        (main_user, given(main_user, "training_manager", central)),
        (centre.person("unit_manager", unit), given(person, "training_manager", unit)),
        (centre.person("auditor"), given(person, "training_manager", unit)),
        (staff := centre.staff(), given(staff, "auditor", None)),
    ):
        assert refusal(caller.post(PATH, body)) == (403, "forbidden")
    foreign = centre.organisation()
    absent = given(person, "training_manager", central) | {"person_id": str(new_id())}
    for body, pointer in ((given(person, "training_manager", foreign), "/organisation_id"), (absent, "/person_id")):
        answer = main_user.post(PATH, body)
        assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), pointer)


@pytest.mark.parametrize("query", [{}, {"validate_only": "true"}], ids=["", "dry run"])
@pytest.mark.parametrize("role", ["staff", "auditor"])
def test_a_role_for_the_study_centre_is_granted_after_a_strong_authentication(
    centre: Centre, main_user: Person, role: str, query: dict[str, str]
) -> None:
    staff, person = centre.staff(), centre.person()
    body = given(person, role, None)
    answer = staff.post(PATH, body, headers=centre.weakly(staff), params=query)
    assert refusal(answer) == (401, "strong-authentication-required")
    assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    assert centre.rows("SELECT FROM role_grants WHERE person_id = %s", person.id) == []
    # What is not there and what is not allowed come first.
    absent = body | {"person_id": str(new_id())}
    assert refusal(staff.post(PATH, absent, headers=centre.weakly(staff), params=query)) == (404, "not-found")
    for other in (main_user, centre.person("auditor")):
        assert refusal(other.post(PATH, body, headers=centre.weakly(other), params=query)) == (403, "forbidden")
    assert staff.post(PATH, body, params=query).status_code == 201


def test_other_roles_are_granted_and_granted_again_after_any_sign_in(
    centre: Centre, central: UUID, staff: Person
) -> None:
    body, headers = given(centre.person(), "training_manager", central), centre.weakly(staff)
    first = staff.post(PATH, body, headers=headers, key="one")
    assert first.status_code == 201
    again = staff.post(PATH, body, headers=headers, key="one")
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")


def test_the_same_role_is_not_granted_twice_for_the_same_days(centre: Centre, central: UUID) -> None:
    staff, person = centre.staff(), centre.person()
    body = given(person, "training_manager", central, ends_on="2023-04-30")
    first = staff.post(PATH, body).json()["id"]
    again = staff.post(PATH, body | {"begins_on": "2023-04-30", "ends_on": None})
    assert (refusal(again), again.json()["existing_id"]) == ((409, "already-exists"), first)
    assert staff.post(PATH, body | {"begins_on": "2023-05-01", "ends_on": None}).status_code == 201


def test_a_role_that_is_ended_today_stops_working_immediately(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    manager, main_user = centre.person("unit_manager", unit), centre.main_user(central)
    answer = end(main_user, grant_of(centre, manager))
    assert answer.status_code == 200
    ended = answer.json()
    assert (ended["state"], ended["ended_by"], ended["end_reason"]) == ("ended", str(main_user.id), WHY)
    assert ended["valid_until"] == ended["ended_at"] == "2023-03-15T12:00:00+02:00"
    proposal = {"organisation_id": str(unit), "year": 2024, "lines": [{"unit_id": str(unit), "hours": 1}]}
    assert refusal(manager.post("/v1/hour-proposals", proposal)) == (404, "not-found")
    again = end(main_user, ended["id"])
    assert (refusal(again), again.json()["state"]) == ((409, "wrong-state"), "ended")


def test_an_end_may_be_brought_forward_but_not_postponed(centre: Centre, central: UUID) -> None:
    staff = centre.staff()
    grant_id = grant_of(centre, centre.person("training_manager", central))
    assert end(staff, grant_id, "2023-06-30").json()["valid_until"] == "2023-07-01T00:00:00+03:00"
    for day, code in (
        ("2023-06-30", "not-before-the-end"),
        ("2023-03-14", "day-passed"),
        ("2101-01-01", "out-of-range"),
    ):
        answer = end(staff, grant_id, day)
        assert refusal(answer) == (422, "validation")
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/ends_on", code)]
    assert end(staff, grant_id, "2023-06-29").json()["valid_until"] == "2023-06-30T00:00:00+03:00"


def test_the_later_of_two_simultaneous_ends_postpones_nothing(
    centre: Centre, central: UUID, database: Addresses
) -> None:
    centre.main_user(central)
    grant_id = grant_of(centre, centre.person("training_manager", central))
    sooner = datetime(2023, 4, 1, tzinfo=HELSINKI)
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        with other.owner.transaction():
            other.owner.execute("UPDATE role_grants SET valid_until = %s WHERE id = %s", [sooner, grant_id])
            answer = pool.submit(end, centre.staff(), grant_id, "2023-05-31")
            until_one_waits(centre)
        assert refusal(answer.result()) == (422, "validation")
    assert centre.rows("SELECT valid_until FROM role_grants WHERE id = %s", grant_id) == [(sooner,)]


def test_an_erased_person_is_granted_nothing(centre: Centre, central: UUID) -> None:
    staff, person = centre.staff(), centre.person()
    assert staff.post(f"/v1/people/{person.id}/erasure", {"reason": WHY}).status_code == 200
    answer = staff.post(PATH, given(person, "training_manager", central))
    assert refusal(answer) == (404, "not-found")
    assert answer.json()["pointer"] == "/person_id"


def test_a_role_is_ended_by_its_holder_a_main_user_or_staff(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    manager, main_user = centre.person("unit_manager", unit), centre.main_user(central)
    trainer = centre.person("training_manager", unit)
    assert refusal(end(manager, grant_of(centre, trainer))) == (403, "forbidden")
    assert refusal(end(centre.person("auditor"), grant_of(centre, trainer))) == (403, "forbidden")
    assert end(trainer, grant_of(centre, trainer)).json()["state"] == "ended"
    assert end(centre.staff(), grant_of(centre, manager)).json()["state"] == "ended"
    second = centre.main_user(central)
    assert end(second, grant_of(centre, main_user)).json()["state"] == "ended"


def test_a_role_can_be_ended_before_it_begins(centre: Centre, central: UUID) -> None:
    person, staff = centre.person(), centre.staff()
    body = given(person, "training_manager", central, begins_on="2023-04-01")
    grant_id = staff.post(PATH, body).json()["id"]
    ended = end(staff, grant_id).json()
    assert ended["state"] == "ended"
    assert ended["valid_from"] == ended["valid_until"] == "2023-04-01T00:00:00+03:00"
    centre.clock(2023, 4, 1)
    assert person.get("/v1/me").json()["roles"] == []


@pytest.mark.parametrize("who", ["staff", "the person themself"])
def test_the_last_main_user_does_not_end_without_a_successor(centre: Centre, central: UUID, who: str) -> None:
    last = centre.main_user(central)
    caller = centre.staff() if who == "staff" else last
    for ends_on, needed_from in ((None, "2023-03-15T12:00:00+02:00"), ("2023-12-31", "2024-01-01T00:00:00+02:00")):
        answer = end(caller, grant_of(centre, last), ends_on)
        assert refusal(answer) == (409, "last-main-user")
        assert (answer.json()["organisation_id"], answer.json()["needed_from"]) == (str(central), needed_from)
        assert str(central) not in answer.json()["detail"], "A sentence is for people."
    centre.main_user(central)
    assert end(caller, grant_of(centre, last)).json()["state"] == "ended"


def test_a_successor_has_begun_by_the_end_and_has_no_end(centre: Centre, central: UUID) -> None:
    last, staff = grant_of(centre, centre.main_user(central)), centre.staff()
    main_user_from(centre, central, (2023, 7, 1))
    main_user_from(centre, central, (2000, 1, 1), (2030, 1, 1))
    main_user_from(centre, centre.organisation(), (2000, 1, 1))
    centre.person("training_manager", central)
    for ends_on in (None, "2023-06-29"):
        assert refusal(end(staff, last, ends_on)) == (409, "last-main-user")
    assert end(staff, last, "2023-06-30").status_code == 200
    # The end may be brought forward only as far as the successor's role reaches.
    assert refusal(end(staff, last, "2023-06-29")) == (409, "last-main-user")


def test_a_main_user_with_an_end_needs_no_successor_and_is_none(centre: Centre, central: UUID) -> None:
    first, second = centre.main_user(central), centre.main_user(central)
    staff = centre.staff()
    assert end(staff, grant_of(centre, first), "2023-12-31").status_code == 200
    for ends_on in (None, "2023-06-30", "2024-06-30"):
        assert refusal(end(staff, grant_of(centre, second), ends_on)) == (409, "last-main-user")


def test_the_only_upcoming_successor_does_not_end(centre: Centre, central: UUID) -> None:
    first, staff = centre.main_user(central), centre.staff()
    successor = main_user_from(centre, central, (2023, 7, 1))
    assert end(staff, grant_of(centre, first), "2023-06-30").status_code == 200
    assert refusal(end(staff, grant_of(centre, successor))) == (409, "last-main-user")


def test_an_organisation_whose_membership_has_ended_needs_no_main_user(centre: Centre, central: UUID) -> None:
    last, staff = grant_of(centre, centre.main_user(central)), centre.staff()
    centre.owner.execute("UPDATE organisations SET active_until = '2023-06-30' WHERE id = %s", [central])
    assert refusal(end(staff, last, "2023-06-29")) == (409, "last-main-user")
    assert end(staff, last, "2023-06-30").status_code == 200


def test_the_last_two_main_users_cannot_be_ended_simultaneously(centre: Centre) -> None:
    """Ten times, by staff and by themselves."""
    staff = centre.staff()
    for round_number in range(10):
        central = centre.organisation()
        people = [centre.main_user(central) for _ in range(2)]
        grants = [grant_of(centre, person) for person in people]
        callers = [staff, staff] if round_number % 2 else people
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(end, callers, grants))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 1}
        [lost] = [answer for answer in answers if answer.status_code == 409]
        assert refusal(lost) == (409, "last-main-user")
        assert centre.rows(
            "SELECT count(*) FROM role_grants WHERE organisation_id = %s AND valid_until IS NULL", central
        ) == [(1,)]


def test_the_last_staff_member_stays_until_there_is_another_without_an_end(centre: Centre) -> None:
    staff, successor = centre.staff(), centre.person()
    last = grant_of(centre, staff)
    for ends_on in (None, "2023-06-30"):
        answer = end(staff, last, ends_on)
        assert refusal(answer) == (409, "last-staff")
    assert answer.json()["needed_from"] == "2023-07-01T00:00:00+03:00"
    assert staff.post(PATH, given(successor, "staff", None, begins_on="2023-06-01")).status_code == 201
    assert refusal(end(staff, last)) == (409, "last-staff")
    assert end(staff, last, "2023-05-31").status_code == 200
    centre.clock(2023, 6, 2)
    assert refusal(end(successor, grant_of(centre, successor))) == (409, "last-staff")


def test_the_last_two_staff_roles_cannot_be_ended_simultaneously(centre: Centre, database: Addresses) -> None:
    first, second = centre.staff(), centre.staff()
    over = "UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s"
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        with other.owner.transaction():
            other.owner.execute("SELECT FROM study_centres FOR NO KEY UPDATE")
            other.owner.execute(over, [first.id])
            answer = pool.submit(end, second, grant_of(centre, second))
            until_one_waits(centre)
        assert refusal(answer.result()) == (409, "last-staff")


def test_staff_are_notified_of_an_organisation_with_few_main_users(centre: Centre, central: UUID) -> None:
    people = [centre.main_user(central) for _ in range(3)]
    staff = centre.staff()
    counts = "SELECT facts->>'main_users' FROM outbox WHERE event = 'organisation.main-users-few'"
    end(staff, grant_of(centre, people[0]))
    assert centre.rows(counts) == []
    end(staff, grant_of(centre, people[1]))
    assert centre.rows(counts) == [("1",)]


def test_the_database_itself_keeps_the_last_main_user_in_place(centre: Centre, central: UUID) -> None:
    first, second = centre.main_user(central), centre.main_user(central)
    over = "UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s"
    centre.owner.execute(over, [first.id])
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        centre.owner.execute(over, [second.id])
    assert refused.value.diag.constraint_name == "role_grants_main_user_remains"


def test_the_second_of_two_simultaneous_transactions_sees_the_firsts_change(
    centre: Centre, central: UUID, database: Addresses
) -> None:
    first, second = centre.main_user(central), centre.main_user(central)
    over = "UPDATE role_grants SET valid_until = '2023-03-15' WHERE person_id = %s"
    with another(centre, database) as other, ThreadPoolExecutor(1) as pool:
        with other.owner.transaction():
            other.owner.execute(over, [first.id])
            other.owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
            answer = pool.submit(end, centre.staff(), grant_of(centre, second))
            until_one_waits(centre)
        assert refusal(answer.result()) == (409, "last-main-user")


def test_a_role_granted_or_ended_is_seen_immediately_by_a_remembered_reader(centre: Centre, central: UUID) -> None:
    main_user, named = centre.main_user(central), centre.person("training_manager", central)
    association = centre.organisation(central)

    def roles() -> list[str]:
        return sorted(role["role"] for role in named.get("/v1/me").json()["roles"])

    assert roles() == ["training_manager"]
    grant = main_user.post(PATH, given(named, "unit_manager", association)).json()
    assert roles() == ["training_manager", "unit_manager"]
    assert end(main_user, grant["id"]).status_code == 200
    assert roles() == ["training_manager"]
