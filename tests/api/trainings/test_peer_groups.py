"""`/v1/peer-groups`: study without a trainer, with hours, a rate and rules of its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.hours.ledger import distribution, grant, pool_change
from app.services.trainings.lapsing import lapse_trainings
from tests.api.trainings import conftest as courses
from tests.api.trainings.conftest import plan as course_plan
from tests.api.trainings.conftest import session
from tests.api.trainings.test_cost_statements import sent
from tests.builders import Centre, Person, refusal
from tests.document import document
from tests.pdf_text import lines_of, needs_pdftotext

PATH = "/v1/peer-groups"
STATEMENTS = "/v1/cost-statements"


@pytest.fixture(autouse=True)
def quota(centre: Centre, central: UUID) -> None:
    """60 hours for peer groups, all of them common."""
    centre.post(2023, pool_change(100), grant(central, 60), hour_type="peer_group")


def meetings(*days: str) -> list[dict[str, Any]]:
    """Evenings of two hours and a quarter: three hours of 45 minutes each."""
    return [session(day, "17:00", "19:15", break_minutes=0) for day in days]


WEEKLY = meetings("2023-04-04", "2023-04-11", "2023-04-18", "2023-04-25")


def plan(organisation_id: UUID, **more: Any) -> dict[str, Any]:
    """A complete plan of twelve hours, from 4 to 25 April."""
    of_courses = ("trainers", "declarations")
    complete = {name: value for name, value in course_plan(organisation_id).items() if name not in of_courses}
    return complete | {"name": "Lukupiiri", "sessions": WEEKLY, "planned_participants": 6} | more


def added(person: Person, organisation_id: UUID, **more: Any) -> str:
    answer = person.post(PATH, plan(organisation_id, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def submitted(person: Person, organisation_id: UUID, **more: Any) -> str:
    path = added(person, organisation_id, **more)
    shown(person.post(f"{path}/submission"))
    return path


def approved(person: Person, staff: Person, organisation_id: UUID, **more: Any) -> str:
    path = submitted(person, organisation_id, **more)
    shown(staff.post(f"{path}/decision", {"outcome": "approved"}))
    return path


def shown(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


def faults(answer: httpx.Response) -> dict[str, str]:
    assert refusal(answer) == (422, "validation"), answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def hours(person: Person, organisation_id: UUID, hour_type: str = "peer_group") -> tuple[int, int, int]:
    """Hours that are available, reserved and used."""
    path = f"/v1/organisations/{organisation_id}/hour-accounts/2023?hour_type={hour_type}"
    account = shown(person.get(path))
    return account["available"], account["reserved"], account["used"]


def stated(person: Person, group: str, **more: Any) -> str:
    contents: dict[str, Any] = {
        "peer_group_id": id_of(group),
        "hours": 12,
        "participants": {"of_age": 6},
        "costs": [{"category": "materials", "cents": 20_000}],
        "declarations": {"booked": True, "separable": True},
    }
    answer = person.post(STATEMENTS, contents | more)
    assert answer.status_code == 201, answer.text
    path = str(answer.headers["Location"])
    shown(person.post(f"{path}/submission"))
    return path


def test_a_plan_reserves_hours_and_its_statement_turns_them_into_support(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group = added(manager, unit)
    draft = shown(manager.get(group))
    assert (draft["state"], draft["hour_type"], draft["hours"]) == ("draft", "peer_group", 12)
    assert draft["responsible_person_id"] == str(manager.id)
    assert {"trainers", "declarations", "budget", "enrolment"}.isdisjoint(draft)
    assert shown(manager.post(f"{group}/submission"))["state"] == "submitted"
    assert hours(staff, central) == (48, 12, 0)
    assert shown(staff.post(f"{group}/decision", {"outcome": "approved"}))["phase"] == "upcoming"
    centre.clock(2023, 4, 26)
    statement = stated(manager, group)
    sent = shown(manager.get(statement))
    assert (sent["training_id"], sent["peer_group_id"], sent["hour_type"]) == (None, id_of(group), "peer_group")
    decided = shown(staff.post(f"{statement}/decision", {"outcome": "approved"}))
    # 12 hours of 3 euros; the costs are 200 euros.
    assert (decided["support_cents"], decided["used_hours"], decided["payment_state"]) == (3_600, 12, "payable")
    assert decided["support"]["limited_by"] == "hours"
    assert hours(staff, central) == (48, 0, 12)
    assert hours(staff, central, "training") == (500, 0, 0)
    assert shown(manager.get(group))["statement_id"] == decided["id"]
    centre.check_ledger()


@pytest.mark.parametrize(
    ("held", "costs", "of_age", "cents", "used", "limited_by"),
    [
        # Example 9 of the rulebook, with 20 planned hours: 20 × 3 €, no more than the costs.
        (20, [20_000], 6, 6_000, 20, "hours"),
        (20, [4_500], 6, 4_500, 20, "costs"),
        (20, [], 6, 0, 20, "costs"),
        (24, [20_000], 6, 6_000, 20, "hours"),
        (9, [20_000], 6, 0, 9, "minimum_hours"),
        (20, [20_000], 4, 0, 20, "minimum_participants"),
    ],
)
def test_the_support_of_example_9(
    centre: Centre,
    manager: Person,
    staff: Person,
    central: UUID,
    unit: UUID,
    held: int,
    costs: Sequence[int],
    of_age: int,
    cents: int,
    used: int,
    limited_by: str,
) -> None:
    group = approved(manager, staff, unit, platform_hours=8)
    centre.clock(2023, 4, 26)
    statement = stated(
        manager,
        group,
        hours=held,
        participants={"of_age": of_age},
        costs=[{"category": "other", "cents": each} for each in costs],
    )
    few = shown(manager.get(statement))["needs_reason"]
    assert few == (["few-participants"] if of_age < 5 else [])
    decided = shown(staff.post(f"{statement}/decision", {"outcome": "approved", "reason": "Ryhmä kokoontui."}))
    assert (decided["support_cents"], decided["used_hours"]) == (cents, used)
    assert decided["support"]["limited_by"] == limited_by
    assert hours(staff, central) == (60 - used, 0, used)
    centre.check_ledger()


def test_a_plan_needs_what_a_course_needs_but_no_trainers_and_no_declarations(manager: Person, unit: UUID) -> None:
    empty = manager.post(PATH, {"organisation_id": str(unit), "year": 2023, "name": "Kevätretki Tampereelle"})
    assert empty.status_code == 201, empty.text
    refused = faults(manager.post(f"{empty.headers['Location']}/submission"))
    assert refused == dict.fromkeys(
        [
            *("/topic", "/target_group", "/goals", "/content", "/methods", "/mode", "/language"),
            *("/sessions", "/planned_participants", "/planned_under_age"),
        ],
        "required",
    ) | {"/name": "name-of-no-group"}


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"sessions": WEEKLY[:3]}, "/sessions", "too-few-hours"),
        ({"planned_participants": 4, "planned_under_age": 10}, "/planned_participants", "too-few-participants"),
        ({"name": "Leiri"}, "/name", "name-of-no-group"),
        (
            {"sessions": [session("2023-04-04", "17:00", "19:15", break_minutes=0, parallel_groups=20)]},
            "/sessions/0/parallel_groups",
            "less-than-equal",
        ),
    ],
)
def test_a_group_has_ten_hours_five_members_and_a_name_of_its_own(
    manager: Person, unit: UUID, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    group = added(manager, unit, **wrong)
    assert faults(manager.post(f"{group}/submission")) == {pointer: code}


def test_what_only_courses_have_is_not_taken(manager: Person, unit: UUID) -> None:
    for name, value in (("trainers", []), ("budget", []), ("enrolment", None), ("declarations", {})):
        assert faults(manager.post(PATH, plan(unit, **{name: value}))) == {f"/{name}": "extra-forbidden"}
    group = added(manager, unit)
    assert faults(manager.patch(group, {"trainers": []})) == {"/trainers": "extra-forbidden"}


def test_staff_may_accept_a_name(manager: Person, staff: Person, unit: UUID) -> None:
    group = added(manager, unit, name="Kokous ja päätöksenteko")
    assert shown(manager.post(f"{added(manager, unit, name='Kokouskäytännöt')}/submission"))["state"] == "submitted"
    assert faults(manager.post(f"{group}/submission")) == {"/name": "name-of-no-group"}
    reason = "Ryhmä opiskelee kokoustekniikkaa."
    assert refusal(manager.post(f"{group}/exceptions", {"rule": "name", "reason": reason})) == (403, "forbidden")
    excepted = shown(staff.post(f"{group}/exceptions", {"rule": "name", "reason": reason}))
    assert [(each["rule"], each["name"]) for each in excepted["exceptions"]] == [("name", "Kokous ja päätöksenteko")]
    shown(manager.patch(group, {"name": "Kesäleiri"}))
    assert faults(manager.post(f"{group}/submission")) == {"/name": "name-of-no-group"}
    shown(manager.patch(group, {"name": "Kokous ja päätöksenteko"}))
    assert shown(manager.post(f"{group}/submission"))["state"] == "submitted"


@pytest.mark.parametrize(("day", "is_open"), [(3, False), (4, True), (18, True), (19, False)])
def test_a_plan_is_sent_from_three_months_before_to_two_weeks_after_the_start(
    centre: Centre, manager: Person, unit: UUID, day: int, is_open: bool
) -> None:
    group = added(manager, unit)
    draft = shown(manager.get(group))
    assert (draft["plan_opens_on"], draft["plan_closes_on"]) == ("2023-01-04", "2023-04-18")
    centre.clock(2023, 1 if day < 10 else 4, day)
    answer = manager.post(f"{group}/submission")
    assert (answer.status_code == 200) == is_open
    if not is_open:
        assert refusal(answer) == (409, "plan-window-closed")
        assert (answer.json()["opens_on"], answer.json()["closes_on"]) == ("2023-01-04", "2023-04-18")


def test_the_period_for_adding_courses_does_not_bind_groups(centre: Centre) -> None:
    other = centre.organisation(name="Nuorisoliitto")
    centre.post(2022, pool_change(50), grant(other, 50), hour_type="peer_group")
    centre.deadline("training_entry", date(2023, 12, 1), None, year=2023, hours_year=2024)
    centre.deadline("cost_statement", None, date(2025, 1, 18), year=2025, hours_year=2024)
    centre.post(2024, pool_change(50), grant(other, 50), hour_type="peer_group")
    centre.clock(2023, 11, 20)
    days = ("2024-01-09", "2024-01-16", "2024-01-23", "2024-01-30")
    sessions = [
        meeting | {name: meeting[name].replace("+03:00", "+02:00") for name in ("starts_at", "ends_at")}
        for meeting in meetings(*days)
    ]
    main_user = centre.main_user(other)
    assert shown(main_user.post(f"{added(main_user, other, year=2024, sessions=sessions)}/submission"))


def test_hours_come_from_the_common_ones_and_are_never_those_of_courses(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 300))
    assert hours(staff, central) == (60, 0, 0)
    for expected in (48, 36, 24, 12, 0):
        submitted(manager, unit)
        assert hours(staff, central)[0] == expected
    refused = manager.post(f"{added(manager, unit)}/submission")
    assert refusal(refused) == (409, "quota-exceeded")
    problem = refused.json()
    assert (problem["available"], problem["asked"]) == (0, 12)
    assert (problem["allotment_available"], problem["common_available"]) == (0, 0)
    assert problem["hour_type"] == "peer_group"
    assert "lisähaku" not in problem["detail"]
    centre.check_ledger()


def test_of_two_groups_that_want_the_last_hours_one_gets_them(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    for _ in range(4):
        submitted(manager, unit)
    groups, start = [added(manager, unit) for _ in range(2)], Barrier(2)

    def submit(group: str) -> int:
        start.wait()
        return manager.post(f"{group}/submission").status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(submit, groups)) == [200, 409]
    assert hours(staff, central) == (0, 60, 0)
    centre.check_ledger()


def test_a_plan_goes_through_the_main_user_and_back(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    rules = f"/v1/organisations/{central}/training-rules"
    body = {"kinds": ["central", "association"], "plans_through_main_user": True}
    shown(main_user.put(rules, body, headers={"If-Match": "*"}))
    group = added(manager, unit)
    assert shown(manager.post(f"{group}/submission"))["state"] == "awaiting_main_user"
    assert refusal(staff.post(f"{group}/decision", {"outcome": "approved"})) == (409, "wrong-state")
    back = shown(main_user.post(f"{group}/endorsement", {"outcome": "sent_back", "reason": "Tavoite puuttuu."}))
    assert (back["state"], back["answer_by"]) == ("sent_back", "2023-03-29")
    assert hours(staff, central) == (48, 12, 0)
    longer = shown(manager.patch(group, {"sessions": [*WEEKLY, *meetings("2023-05-02")]}))
    assert longer["hours"] == 15
    assert shown(manager.post(f"{group}/submission"))["state"] == "awaiting_main_user"
    assert hours(staff, central) == (45, 15, 0)
    assert shown(main_user.post(f"{group}/endorsement", {"outcome": "endorsed"}))["state"] == "submitted"
    assert shown(manager.post(f"{group}/withdrawal"))["state"] == "withdrawn"
    assert hours(staff, central) == (60, 0, 0)
    centre.check_ledger()


def test_an_approved_plan_is_changed_by_a_decision(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group = approved(manager, staff, unit)
    more = {"sessions": [*WEEKLY, *meetings("2023-05-02")]}
    assert refusal(manager.patch(group, more)) == (409, "decision-required")
    assert shown(manager.patch(group, {"planned_participants": 5}))["planned_participants"] == 5
    answer = manager.post(f"{group}/changes", more)
    change = shown(answer)
    assert (change["peer_group_id"], change["changed"], change["hours"]) == (id_of(group), ["sessions"], 15)
    assert "trainers" not in change["plan"]
    assert "training_id" not in change
    path = answer.headers["Location"]
    assert shown(manager.get(f"{group}/changes"))["items"] == [change] == [shown(manager.get(path))]
    assert hours(staff, central) == (45, 15, 0)
    assert shown(manager.get(group))["open_change_id"] == change["id"]
    assert shown(staff.post(f"{path}/decision", {"outcome": "approved"}))["state"] == "approved"
    assert shown(manager.get(group))["hours"] == 15
    second = manager.post(f"{group}/changes", {"sessions": [*WEEKLY, *meetings("2023-05-02", "2023-05-09")]})
    assert shown(manager.post(f"{second.headers['Location']}/withdrawal"))["state"] == "withdrawn"
    assert hours(staff, central) == (45, 15, 0)
    assert shown(manager.post(f"{group}/cancellation", {"reason": "Vetäjä muutti."}))["state"] == "cancelled"
    assert hours(staff, central) == (60, 0, 0)
    centre.check_ledger()


def test_a_name_that_is_changed_after_the_approval_is_checked_too(manager: Person, staff: Person, unit: UUID) -> None:
    group = approved(manager, staff, unit)
    assert faults(manager.patch(group, {"name": "Syysretki"})) == {"/name": "name-of-no-group"}
    assert faults(manager.post(f"{group}/changes", {"name": "Syysretki"})) == {"/name": "name-of-no-group"}


def test_copies_are_groups(manager: Person, unit: UUID) -> None:
    group = added(manager, unit)
    copies = shown(manager.post(f"{group}/copies", {"starts_on": ["2023-09-05", "2023-10-03"]}))["items"]
    assert [(copy["hour_type"], copy["starts_at"][:10], copy["hours"]) for copy in copies] == [
        ("peer_group", "2023-09-05", 12),
        ("peer_group", "2023-10-03", 12),
    ]
    listed = shown(manager.get(PATH))["items"]
    assert [each["id"] for each in listed] == [*(copy["id"] for copy in reversed(copies)), id_of(group)]


def test_groups_and_courses_have_lists_of_their_own(manager: Person, staff: Person, unit: UUID) -> None:
    group = added(manager, unit)
    course = shown(manager.post("/v1/trainings", course_plan(unit)))
    assert [each["id"] for each in shown(manager.get(f"{PATH}?year=2023&q=lukupiiri"))["items"]] == [id_of(group)]
    assert [each["id"] for each in shown(staff.get("/v1/trainings"))["items"]] == [course["id"]]
    csv = manager.get(PATH, headers={"Accept": "text/csv"})
    assert csv.status_code == 200
    assert len(csv.text.strip().splitlines()) == 2


def test_members_are_added_and_imported_and_counted_by_the_statement(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    group = approved(manager, staff, unit)
    one = manager.post(f"{group}/participants", {"name": "Aila Aho", "email": "aila@example.org", "gender": "female"})
    assert shown(one)["training_id"] == id_of(group)
    again = manager.post(f"{group}/participants", {"name": "Aila A.", "email": "AILA@example.org"})
    assert refusal(again) == (409, "already-exists")
    table = "name;email\n" + "\n".join(f"Jäsen {number};jasen{number}@example.org" for number in range(5))
    imported = manager.client.post(
        f"{group}/participant-imports",
        content=table.encode(),
        headers={"Content-Type": "text/csv", "Idempotency-Key": "jasenet"},
    )
    assert shown(imported)["participants"] == 6
    path = one.headers["Location"]
    assert shown(manager.patch(path, {"under_age": True}))["under_age"] is True
    assert len(shown(manager.get(f"{group}/participants"))["items"]) == 6
    assert shown(manager.get(path))["name"] == "Aila Aho"
    removed = manager.delete(path, headers={"If-Match": manager.get(path).headers["ETag"]})
    assert removed.status_code == 204, removed.text
    assert refusal(staff.get(f"{group}/participants")) == (403, "forbidden")
    centre.clock(2023, 4, 26)
    statement = shown(manager.post(STATEMENTS, {"peer_group_id": id_of(group), "hours": 12}))
    assert (statement["participants"]["of_age"], statement["participants"]["under_age"]) == (5, 0)


def test_a_statement_is_about_a_course_or_about_a_group(
    manager: Person, staff: Person, unit: UUID, centre: Centre
) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2023, 4, 26)
    assert faults(manager.post(STATEMENTS, {"hours": 12})) == {"/training_id": "missing"}
    both = {"training_id": id_of(group), "peer_group_id": id_of(group)}
    assert faults(manager.post(STATEMENTS, both)) == {"/peer_group_id": "extra-forbidden"}
    as_course = manager.post(STATEMENTS, {"training_id": id_of(group)})
    assert refusal(as_course) == (404, "not-found")
    assert as_course.json()["pointer"] == "/training_id"
    course = shown(manager.post("/v1/trainings", course_plan(unit)))
    as_group = manager.post(STATEMENTS, {"peer_group_id": course["id"]})
    assert refusal(as_group) == (404, "not-found")
    assert as_group.json()["pointer"] == "/peer_group_id"
    statement = shown(manager.get(stated(manager, group)))
    for found in (f"peer_group_id={id_of(group)}", "hour_type=peer_group"):
        assert [each["id"] for each in shown(manager.get(f"{STATEMENTS}?{found}"))["items"]] == [statement["id"]]
    for nothing in (f"training_id={id_of(group)}", "hour_type=training"):
        assert shown(manager.get(f"{STATEMENTS}?{nothing}"))["items"] == []


def test_statements_of_courses_and_groups_are_decided_together(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group, course = approved(manager, staff, unit), courses.approved(manager, staff, unit)
    centre.clock(2023, 4, 26)
    statements = [stated(manager, group), sent(manager, course)]
    items = [{"statement_id": id_of(statement), "outcome": "approved"} for statement in statements]
    decided = shown(staff.post("/v1/cost-statement-decisions", {"year": 2023, "items": items}))["items"]
    assert [(each["hour_type"], each["used_hours"]) for each in decided] == [("peer_group", 12), ("training", 6)]
    assert hours(staff, central) == (48, 0, 12)
    assert hours(staff, central, "training") == (494, 0, 6)
    centre.check_ledger()


def test_statistics_count_groups_by_themselves_and_the_report_to_the_authority_has_none(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2023, 4, 26)
    statement = stated(manager, group, participants={"of_age": 6, "female": 6})
    shown(staff.post(f"{statement}/decision", {"outcome": "approved"}))
    items = shown(staff.get("/v1/statistics/hours?year=2023&by=activity"))["items"]
    assert [(each["key"], each["used"]) for each in items] == [("peer_group", 12)]
    people = shown(staff.get("/v1/statistics/participants?year=2023&hour_type=peer_group"))["total"]
    assert (people["participants"], people["female"]) == (6, 6)
    assert shown(staff.get("/v1/statistics/participants?year=2023&hour_type=training"))["total"]["participants"] == 0
    report = shown(staff.get("/v1/authority-reports/2023"))
    assert (report["items"], report["total"]["participants"]) == ([], 0)


def test_a_participant_is_found_in_a_group_by_the_address(main_user: Person, manager: Person, unit: UUID) -> None:
    group = added(manager, unit)
    manager.post(f"{group}/participants", {"name": "Aila Aho", "email": "aila@example.org"})
    (found,) = shown(main_user.post("/v1/participant-searches", {"email": "AILA@example.org"}))["items"]
    assert (found["training_id"], found["hour_type"]) == (id_of(group), "peer_group")


def test_a_reference_and_an_account_lead_to_the_group(
    manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group = submitted(manager, unit)
    reference = shown(manager.get(group))["reference"]
    named = shown(manager.get(f"/v1/references/{reference}"))
    assert (named["type"], named["id"], named["path"]) == ("peer_group", id_of(group), group)
    path = f"/v1/organisations/{central}/hour-accounts/2023/explanation?hour_type=peer_group"
    explained = staff.get(path)
    assert group in explained.text, explained.text


def test_a_statement_comes_after_the_last_meeting(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    contents = {
        "peer_group_id": id_of(group),
        "hours": 12,
        "participants": {"of_age": 6},
        "declarations": {"booked": True, "separable": True},
    }
    statement = manager.post(STATEMENTS, contents).headers["Location"]
    refused = manager.post(f"{statement}/submission")
    assert refusal(refused) == (409, "wrong-state")
    assert refused.json()["state"] == "under_way"


def test_a_reversal_frees_the_hours_and_another_statement_uses_them_again(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2023, 4, 26)
    statement = stated(manager, group)
    shown(staff.post(f"{statement}/decision", {"outcome": "approved"}))
    shown(staff.post(f"{statement}/reversal", {"reason": "Kulut olivat toisen ryhmän."}))
    assert hours(staff, central) == (60, 0, 0)
    second = stated(manager, group, hours=11)
    assert shown(staff.post(f"{second}/decision", {"outcome": "approved"}))["used_hours"] == 11
    assert hours(staff, central) == (49, 0, 11)
    centre.check_ledger()


def test_the_worker_lapses_groups_too(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2024, 1, 18)
    assert centre.ask(lapse_trainings) == 0
    assert shown(manager.get(group))["state"] == "approved"
    centre.clock(2024, 1, 19)
    assert centre.ask(lapse_trainings) == 0
    assert shown(manager.get(group))["state"] == "lapsed"
    assert hours(staff, central) == (60, 0, 0)
    centre.check_ledger()


def test_no_plan_is_sent_when_no_statement_can_follow(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    group = added(manager, unit)
    exception = {"rule": "plan_window", "until": "2024-02-15", "reason": "Ilmoitus viivästyi."}
    shown(staff.post(f"{group}/exceptions", exception))
    centre.clock(2024, 1, 19)
    refused = manager.post(f"{group}/submission")
    assert refusal(refused) == (409, "window-closed")
    assert (refused.json()["kind"], refused.json()["closed_on"]) == ("cost_statement", "2024-01-18")
    centre.clock(2024, 1, 18)
    assert shown(manager.post(f"{group}/submission"))["state"] == "submitted"


def test_a_year_is_not_closed_over_a_group(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2024, 1, 18, 12)
    refused = staff.post("/v1/hour-pools/2023/closing")
    assert refusal(refused) == (409, "wrong-state")
    (left,) = refused.json()["trainings"]
    assert (left["id"], left["hours"]) == (id_of(group), 12)
    assert left["call"] == {
        "method": "POST",
        "path": "/v1/cost-statements",
        "body": {"peer_group_id": id_of(group)},
    }


def test_a_switched_off_activity_takes_no_plans(manager: Person, staff: Person, unit: UUID) -> None:
    rules = shown(staff.get("/v1/support-rules/2023"))
    body = {name: rules[name] for name in ("training", "peer_group")}
    body["peer_group"] = body["peer_group"] | {"enabled": False}
    shown(
        staff.put(
            "/v1/support-rules/2023", body, headers={"If-Match": staff.get("/v1/support-rules/2023").headers["ETag"]}
        )
    )
    refused = manager.post(f"{added(manager, unit)}/submission")
    assert refusal(refused) == (409, "activity-not-supported")
    assert refused.json()["activity"] == "peer_group"


def test_a_group_without_subsidy_uses_no_hours(manager: Person, staff: Person, central: UUID, unit: UUID) -> None:
    group = added(manager, unit, supported=False, planned_participants=2, name="Kesäretki")
    assert shown(manager.post(f"{group}/submission"))["state"] == "approved"
    assert hours(staff, central) == (60, 0, 0)
    assert shown(manager.post(f"{group}/cancellation", {"reason": "Sade."}))["state"] == "cancelled"


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "titles", "of_group", "of_course"),
    [
        (
            "fi",
            [
                "Vertaisopintoryhmän suunnitelma",
                "Päätös vertaisopintoryhmän suunnitelmasta",
                "Kuluselvitys",
                "Päätös kuluselvityksestä",
            ],
            "Vertaisopintoryhmä",
            "Koulutus",
        ),
        (
            "sv",
            [
                "Plan för en studiecirkel",
                "Beslut om planen för en studiecirkel",
                "Kostnadsredovisning",
                "Beslut om kostnadsredovisningen",
            ],
            "Studiecirkel",
            "Utbildning",
        ),
        (
            "en",
            [
                "Plan of a peer study group",
                "Decision on the plan of a peer study group",
                "Cost statement",
                "Decision on the cost statement",
            ],
            "Peer study group",
            "Training course",
        ),
    ],
)
def test_documents_say_that_it_is_a_group(
    centre: Centre,
    manager: Person,
    staff: Person,
    unit: UUID,
    tmp_path: Path,
    language: str,
    titles: list[str],
    of_group: str,
    of_course: str,
) -> None:
    group = approved(manager, staff, unit)
    centre.clock(2023, 4, 26)
    statement = stated(manager, group)
    shown(staff.post(f"{statement}/decision", {"outcome": "approved"}))
    paths = [
        *(f"{group}/documents/{kind}" for kind in ("plan", "decision")),
        *(f"{statement}/documents/{kind}" for kind in ("statement", "decision")),
    ]
    for path, title in zip(paths, titles, strict=True):
        document = manager.get(path, params={"language": language})
        assert document.status_code == 200, document.text
        lines = [" ".join(line.split()) for line in lines_of(document.content, tmp_path)]
        assert title in lines
        assert f"{of_group} Lukupiiri" in lines
        assert [line for line in lines if line.startswith(of_course)] == []


def below(prefix: str) -> list[tuple[str, str]]:
    """The operations about one course, or one group."""
    return [
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
        if path.startswith(prefix) and method in ("get", "post", "patch", "delete", "put")
    ]


OF_COURSES, OF_GROUPS = below("/v1/trainings/{training_id}"), below("/v1/peer-groups/{peer_group_id}")


def test_groups_have_the_operations_of_courses_but_enrolments_and_completions() -> None:
    renamed = {
        (method, path.replace("/v1/trainings/{training_id}", PATH + "/{peer_group_id}")) for method, path in OF_COURSES
    }
    of_courses_alone = {
        (method, f"{PATH}/{{peer_group_id}}/{part}")
        for method, part in (
            ("GET", "enrolments"),
            ("GET", "completions"),
            ("POST", "completions"),
            ("GET", "certificate-batches"),
            ("POST", "certificate-batches"),
        )
    }
    assert renamed - set(OF_GROUPS) == of_courses_alone
    assert set(OF_GROUPS) <= renamed


@pytest.mark.parametrize(("method", "path"), OF_COURSES + OF_GROUPS)
def test_neither_is_found_among_the_other(
    manager: Person, main_user: Person, staff: Person, unit: UUID, method: str, path: str
) -> None:
    group, course = id_of(added(manager, unit)), shown(manager.post("/v1/trainings", course_plan(unit)))["id"]
    wrong = path.replace("{training_id}", group).replace("{peer_group_id}", course)
    for name in ("participant_id", "change_id"):
        wrong = wrong.replace(f"{{{name}}}", group)
    bodies: dict[str, Any] = {
        "copies": {"starts_on": ["2023-09-05"]},
        "endorsement": {"outcome": "endorsed"},
        "decision": {"outcome": "approved"},
        "exceptions": {"rule": "name", "reason": "Hyväksytään."},
        "cancellation": {"reason": "Peruttu."},
        "participants": {"name": "Aila Aho"},
        "changes": {"goals": "Muut"},
        "completions": {
            "items": [
                {
                    "participant_id": group,
                    "outcome": "failed",
                    "completed_on": "2023-03-01",
                    "assessed_by": "Aila Aho",
                }
            ]
        },
    }
    headers = {"If-Match": "*", "Idempotency-Key": "sama"}
    last = path.rpartition("/")[2]
    content: dict[str, Any] = {"json": bodies.get(last)} if method == "POST" else {}
    if method == "PATCH":
        content = {"json": {"name": "Toinen"}}
        headers["Content-Type"] = "application/merge-patch+json"
    if last == "participant-imports":
        content = {"content": b"name\nAila"}
        headers["Content-Type"] = "text/csv"
    for person in (manager, main_user, staff):
        answer = person.client.request(method, wrong, headers=headers, **content)
        assert refusal(answer) == (404, "not-found"), (answer.status_code, answer.text)
