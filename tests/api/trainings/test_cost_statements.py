"""`/v1/cost-statements`: what was held, what it cost, and the support for it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.domain.hours.ledger import distribution
from tests.api.trainings.conftest import account, added, approved, session, submitted
from tests.builders import Centre, Person, refusal

PATH = "/v1/cost-statements"
PARTICIPANTS = {"of_age": 9, "under_age": 1, "female": 5, "male": 3, "other": 1}
CONTENTS: dict[str, Any] = {
    "hours": 6,
    "participants": PARTICIPANTS,
    "costs": [
        {"category": "teaching_fees", "cents": 30_000},
        {"category": "venue", "cents": 10_000, "note": "Järjestötalon sali"},
    ],
    "declarations": {"booked": True, "separable": True},
}


def faults(answer: httpx.Response) -> dict[str, str]:
    assert refusal(answer) == (422, "validation"), answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


def add(person: Person, training: str, **more: Any) -> httpx.Response:
    return person.post(PATH, CONTENTS | {"training_id": training.rpartition("/")[2]} | more)


def drafted(person: Person, training: str, **more: Any) -> str:
    answer = add(person, training, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def sent(person: Person, training: str, **more: Any) -> str:
    path = drafted(person, training, **more)
    answer = person.post(f"{path}/submission")
    assert answer.status_code == 200, answer.text
    return path


def decide(person: Person, path: str, outcome: str = "approved", **more: Any) -> httpx.Response:
    return person.post(f"{path}/decision", {"outcome": outcome} | more)


def shown(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def held(centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
    """An approved course of six hours on 15 April 2023. It is 20 April."""
    path = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    return path


def test_a_statement_turns_hours_into_support(
    centre: Centre, manager: Person, staff: Person, central: UUID, held: str
) -> None:
    draft = add(manager, held)
    assert draft.status_code == 201, draft.text
    path = draft.headers["Location"]
    statement = draft.json()
    assert statement["state"] == "draft"
    # 6 hours of 35 euros; 55 % of 400 euros are more.
    assert statement["support"] == {
        "cents": 21_000,
        "currency": "EUR",
        "hours": 6,
        "rate_cents": 3_500,
        "share_percent": 55,
        "eligible_cents": 40_000,
        "by_hours_cents": 21_000,
        "by_costs_cents": 22_000,
        "room_cents": 40_000,
        "limited_by": "hours",
        "rules_revision": statement["support"]["rules_revision"],
        "final": False,
    }
    assert (statement["support_cents"], statement["payment_state"], statement["used_hours"]) == (None, "none", None)
    assert manager.get(held).json()["statement_id"] == statement["id"]
    submission = shown(manager.post(f"{path}/submission"))
    assert (submission["state"], submission["needs_reason"], submission["flags"]) == ("submitted", [], [])
    assert manager.get(held).json()["phase"] == "ended"
    assert account(staff, central)["reserved"] == 6
    decided = shown(decide(staff, path))
    assert decided["state"] == "approved"
    assert decided["support"] == statement["support"] | {"final": True}
    assert (decided["support_cents"], decided["payment_state"], decided["used_hours"]) == (21_000, "payable", 6)
    assert decided["decided_by"] == str(staff.id)
    now = account(staff, central)
    assert (now["reserved"], now["used"]) == (0, 6)
    assert shown(staff.get(path)) == decided
    listed = shown(staff.get(f"{PATH}?year=2023&state=approved"))["items"]
    assert [each["id"] for each in listed] == [decided["id"]]
    assert (listed[0]["costs_cents"], listed[0]["support_cents"]) == (40_000, 21_000)
    centre.check_ledger()


def test_hours_not_held_are_released(centre: Centre, manager: Person, staff: Person, central: UUID, held: str) -> None:
    path = sent(manager, held, hours=4)
    decided = shown(decide(staff, path))
    assert (decided["support_cents"], decided["used_hours"]) == (14_000, 4)
    now = account(staff, central)
    assert (now["reserved"], now["used"], now["available"]) == (0, 4, 496)
    centre.check_ledger()


def test_hours_above_the_plan_get_no_support(manager: Person, staff: Person, central: UUID, held: str) -> None:
    path = sent(manager, held, hours=20)
    decided = shown(decide(staff, path))
    assert (decided["hours"], decided["used_hours"], decided["support"]["hours"]) == (20, 6, 6)
    assert account(staff, central)["used"] == 6


def test_an_approval_may_leave_costs_out(manager: Person, staff: Person, held: str) -> None:
    path = sent(manager, held)
    disallowed = [{"category": "teaching_fees", "cents": 25_000, "reason": "Palkkio ilman tositetta"}]
    decided = shown(decide(staff, path, disallowed=disallowed))
    assert decided["disallowed"] == disallowed
    # 55 % of 150 euros.
    assert (decided["support"]["limited_by"], decided["support_cents"]) == ("costs", 8_250)


def test_no_more_is_left_out_than_was_stated(manager: Person, staff: Person, held: str) -> None:
    path = sent(manager, held)
    stated = {cost["category"]: cost["cents"] for cost in staff.get(path).json()["costs"]}
    too_much = [
        {"category": "teaching_fees", "cents": stated["teaching_fees"], "reason": "Ei tositetta"},
        {"category": "teaching_fees", "cents": 1, "reason": "Ei tositetta"},
        {"category": "trainer_lodging", "cents": 1, "reason": "Ei ilmoitettu"},
    ]
    answer = decide(staff, path, disallowed=too_much)
    assert refusal(answer) == (422, "validation")
    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert pointers == ["/disallowed/1/cents", "/disallowed/2/cents"]


def test_support_of_nothing_is_not_payable(manager: Person, staff: Person, central: UUID, held: str) -> None:
    path = sent(manager, held, other_grants_cents=40_000)
    decided = shown(decide(staff, path))
    assert (decided["support_cents"], decided["payment_state"], decided["used_hours"]) == (0, "none", 6)
    assert decided["support"]["limited_by"] == "other_grants"
    assert account(staff, central)["used"] == 6


def test_large_sums_fit(manager: Person, staff: Person, held: str) -> None:
    costs = [{"category": "venue", "cents": 10**11}] * 100
    path = sent(manager, held, costs=costs, other_grants_cents=10**11, participant_fees_cents=10**11)
    decided = shown(decide(staff, path))
    assert (decided["costs_cents"], decided["support_cents"]) == (10**13, 21_000)


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"currency": "SEK"}, "/currency", "literal-error"),
        ({"costs": [{"category": "venue", "cents": 10**12}]}, "/costs/0/cents", "less-than-equal"),
        ({"costs": [{"category": "venue", "cents": -1}]}, "/costs/0/cents", "greater-than-equal"),
        ({"costs": [{"category": "beer", "cents": 1}]}, "/costs/0/category", "literal-error"),
        ({"costs": [{"category": "venue", "cents": 1}] * 101}, "/costs", "too-long"),
        ({"hours": -1}, "/hours", "greater-than-equal"),
        ({"participants": {"of_age": 1, "female": 2}}, "/participants", "more-genders-than-participants"),
        ({"support_cents": 1}, "/support_cents", "extra-forbidden"),
    ],
)
def test_what_no_statement_may_have(manager: Person, held: str, wrong: dict[str, Any], pointer: str, code: str) -> None:
    assert faults(add(manager, held, **wrong)) == {pointer: code}


def test_a_cost_of_0_is_a_cost(manager: Person, held: str) -> None:
    assert shown(add(manager, held, costs=[{"category": "venue", "cents": 0}]))["costs_cents"] == 0


def test_the_submission_needs_hours_participants_and_declarations(manager: Person, held: str) -> None:
    answer = manager.post(PATH, {"training_id": held.rpartition("/")[2]})
    path = answer.headers["Location"]
    assert (shown(answer)["support"], shown(answer)["hours"]) == (None, None)
    assert faults(manager.post(f"{path}/submission")) == {
        "/hours": "required",
        "/participants": "required",
        "/declarations/booked": "not-declared",
        "/declarations/separable": "not-declared",
    }


def test_a_statement_is_submitted_once_the_last_session_has_ended(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    path = drafted(manager, approved(manager, staff, unit))
    for moment, phase in (((2023, 4, 15, 9), "upcoming"), ((2023, 4, 15, 15, 59), "under_way")):
        centre.clock(*moment)
        answer = manager.post(f"{path}/submission")
        assert refusal(answer) == (409, "wrong-state")
        assert answer.json()["state"] == phase
    centre.clock(2023, 4, 15, 16)
    assert shown(manager.post(f"{path}/submission"))["needs_reason"] == []


def test_a_late_statement_is_marked_and_closed_after_the_last_day(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    first, second, third = (
        drafted(manager, approved(manager, staff, unit, sessions=[session(f"2023-04-{day}")])) for day in (15, 16, 17)
    )
    centre.clock(2023, 5, 13, 23, 59)
    assert shown(manager.post(f"{first}/submission"))["needs_reason"] == []
    centre.clock(2024, 1, 18, 23, 59)
    assert shown(manager.post(f"{second}/submission"))["needs_reason"] == ["late"]
    centre.clock(2024, 1, 19)
    answer = manager.post(f"{third}/submission")
    assert refusal(answer) == (409, "window-closed")
    assert answer.json()["closed_on"] == "2024-01-18"
    # What was sent back is submitted until its own day, and is late only if it was so before.
    for path, marked in ((first, []), (second, ["late"])):
        back = shown(decide(staff, path, "sent_back", reason="Lisää tositteet"))
        assert (back["state"], back["answer_by"]) == ("sent_back", "2024-02-02")
        assert shown(manager.post(f"{path}/submission"))["needs_reason"] == marked
    shown(decide(staff, first, "sent_back", reason="Lisää tositteet", answer_by="2024-01-20"))
    centre.clock(2024, 1, 21)
    assert refusal(manager.post(f"{first}/submission")) == (409, "window-closed")


def test_what_is_unusual_needs_a_reason(manager: Person, staff: Person, held: str) -> None:
    few = {"of_age": 6, "under_age": 3}
    declarations = CONTENTS["declarations"] | {"other_state_support": True, "adult_education_centre": True}
    path = sent(manager, held, participants=few, declarations=declarations)
    statement = shown(staff.get(path))
    assert statement["needs_reason"] == ["few-participants", "other-state-support", "adult-education-centre"]
    assert faults(decide(staff, path)) == {"/reason": "reason-missing"}
    decided = shown(decide(staff, path, reason="Kolme osallistujaa sairastui"))
    assert (decided["state"], decided["reason"]) == ("approved", "Kolme osallistujaa sairastui")


@pytest.mark.parametrize(
    ("decision", "pointer", "code"),
    [
        ({"outcome": "rejected"}, "/reason", "reason-missing"),
        ({"outcome": "sent_back"}, "/reason", "reason-missing"),
        ({"outcome": "approved", "answer_by": "2023-05-01"}, "/answer_by", "none-required"),
        ({"outcome": "sent_back", "reason": "Puutteita", "answer_by": "2023-04-19"}, "/answer_by", "day-passed"),
        (
            {
                "outcome": "rejected",
                "reason": "Ei pidetty",
                "disallowed": [{"category": "venue", "cents": 1, "reason": "Ei"}],
            },
            "/disallowed",
            "only-approved",
        ),
    ],
)
def test_what_no_decision_may_be(
    manager: Person, staff: Person, held: str, decision: dict[str, Any], pointer: str, code: str
) -> None:
    path = sent(manager, held)
    assert faults(staff.post(f"{path}/decision", decision)) == {pointer: code}


def test_a_rejection_frees_all_hours_and_is_final(
    centre: Centre, manager: Person, staff: Person, central: UUID, held: str
) -> None:
    path = sent(manager, held)
    decided = shown(decide(staff, path, "rejected", reason="Kurssia ei pidetty"))
    assert (decided["state"], decided["support_cents"], decided["payment_state"]) == ("rejected", 0, "none")
    assert (decided["support"]["cents"], decided["support"]["limited_by"]) == (0, "rejected")
    now = account(staff, central)
    assert (now["reserved"], now["used"]) == (0, 0)
    answer = add(manager, held)
    assert refusal(answer) == (409, "already-exists")
    assert answer.json()["existing_id"] == decided["id"]
    for act in ("submission", "decision"):
        person, body = (manager, None) if act == "submission" else (staff, {"outcome": "approved"})
        assert refusal(person.post(f"{path}/{act}", body)) == (409, "wrong-state")
    assert manager.get(held).json()["phase"] == "ended"
    centre.check_ledger()


def test_a_reversal_takes_hours_and_support_back(
    centre: Centre, manager: Person, staff: Person, unit: UUID, central: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 4))
    held = approved(manager, staff, unit)
    centre.clock(2023, 4, 20)
    path = sent(manager, held)
    shown(decide(staff, path))
    assert refusal(manager.post(f"{path}/reversal", {"reason": "Väärä summa"})) == (403, "forbidden")
    reversed_ = shown(staff.post(f"{path}/reversal", {"reason": "Väärä summa"}))
    assert (reversed_["state"], reversed_["support_cents"], reversed_["payment_state"]) == ("reversed", 0, "none")
    assert (reversed_["support"]["limited_by"], reversed_["reversal_reason"]) == ("reversed", "Väärä summa")
    now = account(staff, central)
    assert (now["reserved"], now["used"], now["available"]) == (0, 0, 496)
    assert refusal(staff.post(f"{path}/reversal", {"reason": "Taas"})) == (409, "wrong-state")
    training = manager.get(held).json()
    assert (training["statement_id"], training["phase"]) == (None, "statement_due")
    # Another statement reserves again and uses in one posting.
    again = sent(manager, held, hours=5)
    assert again != path
    decided = shown(decide(staff, again))
    assert (decided["support_cents"], decided["used_hours"]) == (17_500, 5)
    now = account(staff, central)
    assert (now["reserved"], now["used"], now["available"]) == (0, 5, 495)
    centre.check_ledger()


def test_another_statement_after_a_reversal_needs_free_hours(
    centre: Centre, manager: Person, staff: Person, unit: UUID, central: UUID, held: str
) -> None:
    path = sent(manager, held)
    shown(decide(staff, path))
    shown(staff.post(f"{path}/reversal", {"reason": "Väärä summa"}))
    again = sent(manager, held)
    submitted(manager, unit, platform_hours=490, sessions=[session("2023-06-15")])
    assert account(staff, central)["available"] == 4
    answer = decide(staff, again)
    assert refusal(answer) == (409, "quota-exceeded")
    assert (answer.json()["available"], answer.json()["asked"]) == (4, 6)
    assert (answer.json()["allotment_available"], answer.json()["common_available"]) == (0, 4)
    assert shown(staff.get(again))["state"] == "submitted"
    centre.check_ledger()


def test_in_a_closed_year_reversed_hours_lapse(
    centre: Centre, manager: Person, staff: Person, central: UUID, held: str
) -> None:
    path = sent(manager, held)
    shown(decide(staff, path))
    centre.clock(2024, 1, 19)
    assert staff.post("/v1/hour-pools/2023/closing").status_code == 200
    shown(staff.post(f"{path}/reversal", {"reason": "Väärä summa"}))
    now = account(staff, central)
    assert (now["used"], now["lapsed"]) == (0, 500)
    centre.check_ledger()


def test_in_a_closed_year_an_approval_that_reserves_again_names_its_item(
    centre: Centre, manager: Person, staff: Person, held: str
) -> None:
    path = sent(manager, held)
    shown(decide(staff, path))
    shown(staff.post(f"{path}/reversal", {"reason": "Väärä summa"}))
    again = sent(manager, held)
    shown(decide(staff, again, "sent_back", reason="Tosite puuttuu", answer_by="2024-02-10"))
    centre.clock(2024, 1, 19)
    shown(staff.post("/v1/hour-pools/2023/closing"))
    shown(manager.post(f"{again}/submission"))
    items = [{"statement_id": again.rpartition("/")[2], "outcome": "approved", "reason": "Perustelu"}]
    answer = staff.post("/v1/cost-statement-decisions", {"year": 2023, "items": items})
    assert (refusal(answer), answer.json().get("pointer")) == ((409, "year-closed"), "/items/0")
    centre.check_ledger()


def test_the_rules_in_force_at_the_decision_stay_with_it(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    first, second = (approved(manager, staff, unit, sessions=[session(f"2023-04-{day}")]) for day in (15, 16))
    centre.clock(2023, 4, 20)
    decided = shown(decide(staff, sent(manager, first)))
    waiting = sent(manager, second)
    rules = staff.get("/v1/support-rules/2023")
    kept = ("year", "verified", "inherited_from", "revision", "changed_by", "changed_by_name", "changed_at")
    body = {name: value for name, value in rules.json().items() if name not in kept}
    body["training"]["rate_cents"] = 1_000
    changed = staff.put("/v1/support-rules/2023", body, headers={"If-Match": rules.headers["ETag"]})
    assert shown(changed)["revision"] == decided["support"]["rules_revision"] + 1
    assert shown(staff.get(f"{PATH}/{decided['id']}")) == decided
    assert shown(staff.get(waiting))["support"]["cents"] == 6_000
    later = shown(decide(staff, waiting))
    assert (later["support_cents"], later["support"]["rules_revision"]) == (6_000, changed.json()["revision"])


def test_no_approval_by_rules_that_nobody_confirmed(
    centre: Centre, manager: Person, staff: Person, central: UUID, held: str
) -> None:
    path = sent(manager, held)
    centre.owner.execute("UPDATE support_rules SET verified = false WHERE year = 2023")
    answer = decide(staff, path)
    assert refusal(answer) == (409, "support-rules-unverified")
    assert (answer.json()["year"], answer.json()["inherited_from"]) == (2023, None)
    assert account(staff, central)["reserved"] == 6
    assert shown(decide(staff, path, "rejected", reason="Ei pidetty"))["state"] == "rejected"


def test_a_course_without_subsidy_is_approved_by_its_submission(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    training = added(manager, unit, supported=False)
    assert shown(manager.post(f"{training}/submission"))["state"] == "approved"
    path = manager.post(PATH, {"training_id": training.rpartition("/")[2]}).headers["Location"]
    assert refusal(manager.post(f"{path}/submission")) == (409, "wrong-state")
    centre.clock(2024, 3, 1)
    statement = shown(manager.post(f"{path}/submission"))
    assert (statement["state"], statement["decided_automatically"], statement["decided_by"]) == ("approved", True, None)
    assert (statement["support"]["cents"], statement["support"]["limited_by"]) == (0, "not_supported")
    assert (statement["support"]["hours"], statement["used_hours"], statement["payment_state"]) == (0, 0, "none")
    assert shown(staff.post(f"{path}/reversal", {"reason": "Väärin kirjattu"}))["state"] == "reversed"
    assert account(staff, central)["used"] == 0


def test_a_training_has_one_statement_once_it_is_approved(manager: Person, staff: Person, unit: UUID) -> None:
    training = submitted(manager, unit)
    answer = add(manager, training)
    assert refusal(answer) == (409, "wrong-state")
    assert (answer.json()["state"], answer.json()["allowed"]) == ("submitted", ["approved"])
    staff.post(f"{training}/decision", {"outcome": "approved"})
    statement = shown(add(manager, training))
    answer = add(manager, training)
    assert refusal(answer) == (409, "already-exists")
    assert answer.json()["existing_id"] == statement["id"]
    assert manager.post(f"{training}/cancellation", {"reason": "Liian vähän väkeä"}).status_code == 200
    assert shown(manager.get(f"{PATH}/{statement['id']}"))["state"] == "cancelled"
    answer = add(manager, training)
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["state"] == "cancelled"


def test_an_open_change_of_the_plan_is_decided_or_withdrawn_before(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    training = approved(manager, staff, unit)
    change = manager.post(f"{training}/changes", {"platform_hours": 4})
    assert change.status_code == 201, change.text
    centre.clock(2023, 4, 20)
    path = drafted(manager, training, hours=9)
    answer = manager.post(f"{path}/submission")
    assert (refusal(answer), answer.json()["because"]) == ((409, "wrong-state"), "change-open")
    shown(staff.post(f"{change.headers['Location']}/decision", {"outcome": "approved"}))
    shown(manager.post(f"{path}/submission"))
    decided = shown(decide(staff, path))
    assert (decided["planned_hours"], decided["used_hours"]) == (10, 9)
    now = account(staff, central)
    assert (now["reserved"], now["used"]) == (0, 9)
    centre.check_ledger()


def test_of_two_statements_at_the_same_time_one_is_added(manager: Person, held: str) -> None:
    ready = Barrier(2)

    def post(_: int) -> httpx.Response:
        ready.wait()
        return add(manager, held)

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(post, range(2)), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 201
    assert refusal(answers[1]) == (409, "already-exists")
    assert answers[1].json()["existing_id"] == answers[0].json()["id"]


def test_who_writes_and_who_reads(centre: Centre, manager: Person, staff: Person, central: UUID, held: str) -> None:
    path = drafted(manager, held)
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.get(path)) == (404, "not-found")
    answer = add(stranger, held)
    assert refusal(answer) == (404, "not-found")
    for person in (staff, centre.person("auditor"), centre.person("observer", central)):
        assert person.get(path).status_code == 200
        assert refusal(person.patch(path, {"hours": 5})) == (403, "forbidden")
        assert refusal(person.post(f"{path}/submission")) == (403, "forbidden")
    for person in (centre.main_user(central), manager):
        assert person.patch(path, {"hours": 5}).status_code == 200
    assert refusal(manager.post(f"{path}/decision", {"outcome": "approved"})) == (403, "forbidden")


def test_nobody_decides_an_own_matter(centre: Centre, manager: Person, central: UUID, held: str) -> None:
    path = sent(manager, held)
    both = centre.staff()
    centre.grant(both.id, "main_user", central)
    answer = decide(both, path)
    assert refusal(answer) == (403, "forbidden")
    assert answer.json()["because"] == "own-matter"
    centre.grant(manager.id, "staff")
    assert decide(manager, path).json()["because"] == "own-matter"


def test_a_statement_is_changed_until_it_is_submitted(manager: Person, staff: Person, held: str) -> None:
    path = drafted(manager, held)
    before = manager.get(path).headers["ETag"]
    changed = manager.patch(path, {"hours": 3, "participants": None, "costs": []}, etag=before)
    assert (shown(changed)["hours"], changed.json()["participants"], changed.json()["costs"]) == (3, None, [])
    assert refusal(manager.patch(path, {"hours": 4}, etag=before)) == (412, "precondition-failed")
    assert manager.patch(path, {"hours": 3}).headers["ETag"] == changed.headers["ETag"]
    assert manager.patch(path, {"participants": PARTICIPANTS}).status_code == 200
    shown(manager.post(f"{path}/submission"))
    answer = manager.patch(path, {"hours": 6})
    assert refusal(answer) == (409, "wrong-state")
    assert answer.json()["allowed"] == ["draft", "sent_back"]
    shown(decide(staff, path, "sent_back", reason="Tunnit puuttuvat"))
    assert shown(manager.patch(path, {"hours": 6}))["hours"] == 6


def test_several_are_decided_all_or_none(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    trainings = [approved(manager, staff, unit, sessions=[session(f"2023-04-{day}")]) for day in (15, 16, 17)]
    centre.clock(2023, 4, 20)
    paths = [sent(manager, training) for training in trainings]
    ids = [path.rpartition("/")[2] for path in paths]
    items: list[dict[str, Any]] = [{"statement_id": each, "outcome": "approved"} for each in ids]

    def decide_all(*of: dict[str, Any], year: int = 2023) -> httpx.Response:
        return staff.post("/v1/cost-statement-decisions", {"year": year, "items": list(of)})

    assert faults(decide_all(items[0], items[0])) == {"/items/1/statement_id": "duplicate-item"}
    assert faults(decide_all(items[0], items[1] | {"outcome": "rejected"})) == {"/items/1/reason": "reason-missing"}
    other_year = faults(decide_all(items[0], items[1], year=2022))
    assert other_year == {f"/items/{index}/statement_id": "not-of-the-year" for index in range(2)}
    answer = decide_all(items[0], {"statement_id": trainings[0].rpartition("/")[2], "outcome": "approved"})
    assert (refusal(answer), answer.json()["pointer"]) == ((404, "not-found"), "/items/1/statement_id")
    assert account(staff, central)["reserved"] == 18
    rejected = items[2] | {"outcome": "rejected", "reason": "Ei pidetty"}
    decided = shown(decide_all(items[1], rejected, items[0]))["items"]
    assert [each["id"] for each in decided] == [ids[1], ids[2], ids[0]]
    assert [each["state"] for each in decided] == ["approved", "rejected", "approved"]
    now = account(staff, central)
    assert (now["reserved"], now["used"]) == (0, 12)
    answer = decide_all(items[0])
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "wrong-state"), "/items/0")
    centre.check_ledger()


def test_of_two_staff_who_approve_at_the_same_time_one_does(
    centre: Centre, manager: Person, staff: Person, central: UUID, held: str
) -> None:
    path = sent(manager, held)
    people, ready = [staff, centre.staff()], Barrier(2)

    def approve(person: Person) -> httpx.Response:
        ready.wait()
        return decide(person, path)

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(approve, people), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200
    assert refusal(answers[1]) == (409, "wrong-state")
    assert account(staff, central)["used"] == 6
    centre.check_ledger()


def test_what_happens_is_recorded_without_participants(
    centre: Centre, manager: Person, staff: Person, held: str
) -> None:
    path = sent(manager, held)
    shown(decide(staff, path, "sent_back", reason="Lisää tositteet"))
    shown(manager.patch(path, {"hours": 5}))
    shown(manager.post(f"{path}/submission"))
    shown(decide(staff, path))
    shown(staff.post(f"{path}/reversal", {"reason": "Väärä summa"}))
    rows = centre.rows("SELECT action, facts FROM audit_entries WHERE action LIKE 'cost-statement%%' ORDER BY id")
    assert [action.removeprefix("cost-statement.") for action, _ in rows] == [
        "created",
        "submitted",
        "sent-back",
        "changed",
        "submitted",
        "approved",
        "reversed",
    ]
    for _, facts in rows:
        assert facts.keys() >= {"reference", "year", "training_id", "hours", "support_cents"}
        assert "participants" not in facts
