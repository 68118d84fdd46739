"""`/v1/trainings`."""

from typing import Any
from uuid import UUID

import pytest

from app.domain.hours.ledger import distribution
from tests.api.trainings.conftest import PATH, PLACE, account, added, approved, plan, session, submitted
from tests.api.trainings.test_cost_statements import sent
from tests.builders import Centre, Person, refusal


def faults(answer: Any) -> dict[str, str]:
    assert refusal(answer) == (422, "validation"), answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


def test_a_draft_needs_little(manager: Person, unit: UUID, central: UUID) -> None:
    answer = manager.post(PATH, {"organisation_id": str(unit), "year": 2023, "name": "Ensiapu"})
    assert answer.status_code == 201, answer.text
    training = answer.json()
    assert training["reference"] == "2023-0001"
    assert (training["state"], training["phase"], training["hours"]) == ("draft", None, 0)
    assert training["central_organisation_id"] == str(central)
    assert training["responsible_person_id"] == str(manager.id)
    assert (training["plan_opens_on"], training["statement_due_on"]) == (None, None)
    assert manager.get(answer.headers["Location"]).json() == training
    assert manager.get("/v1/references/2023-0001").json()["path"] == answer.headers["Location"]


def test_hours_are_shown_with_their_steps_and_days(manager: Person, unit: UUID) -> None:
    path = added(manager, unit, platform_hours=2, sessions=[session(parallel_groups=2)])
    training = manager.get(path).json()
    assert training["hour_breakdown"] == {
        "gross_minutes": 720,
        "break_minutes": 180,
        "net_minutes": 540,
        "session_hours": 12,
        "platform_hours": 2,
        "hours": 14,
    }
    assert (training["plan_opens_on"], training["plan_closes_on"]) == ("2022-10-15", "2023-04-14")
    assert (training["statement_due_on"], training["statement_last_on"]) == ("2023-05-13", "2024-01-18")


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"sessions": [session(), session(begins="15:00", ends="17:00")]}, "/sessions/1/starts_at", "overlaps-session"),
        ({"sessions": [session(ends="09:00")]}, "/sessions/0/ends_at", "not-after-the-start"),
        ({"sessions": [session(break_minutes=360)]}, "/sessions/0/break_minutes", "no-time-after-breaks"),
        ({"topic": "no-such-topic"}, "/topic", "not-a-topic"),
        ({"partners": [{}]}, "/partners/0", "name-or-id"),
        ({"planned_participants": -1}, "/planned_participants", "greater-than-equal"),
        ({"sessions": [session(parallel_groups=21)]}, "/sessions/0/parallel_groups", "less-than-equal"),
        ({"hours": 6}, "/hours", "extra-forbidden"),
    ],
)
def test_what_no_plan_may_be(manager: Person, unit: UUID, wrong: dict[str, Any], pointer: str, code: str) -> None:
    assert faults(manager.post(PATH, plan(unit, **wrong))) == {pointer: code}


def test_all_sessions_are_in_the_year(manager: Person, unit: UUID) -> None:
    over = session("2023-12-31") | {"ends_at": "2024-01-01T00:01:00+02:00"}
    assert faults(manager.post(PATH, plan(unit, sessions=[over]))) == {"/sessions/0/ends_at": "not-in-the-year"}
    until_midnight = session("2023-12-31") | {"ends_at": "2024-01-01T00:00:00+02:00"}
    assert manager.post(PATH, plan(unit, sessions=[until_midnight])).status_code == 201


@pytest.mark.parametrize("moment", ["9999-12-31T23:00:00-12:00", "0001-01-01T00:00:00+14:00"])
def test_the_first_and_the_last_times_there_are(manager: Person, unit: UUID, moment: str) -> None:
    wrong = session() | {"starts_at": moment, "ends_at": moment}
    assert refusal(manager.post(PATH, plan(unit, sessions=[wrong]))) == (422, "validation")


def test_a_patch_keeps_what_it_does_not_name(manager: Person, unit: UUID) -> None:
    path = added(manager, unit, enrolment={"places": 10, "closes_on": "2023-04-01", "waiting_list": True})
    assert manager.patch(path, {"declarations": {"not_sold": False}}).json()["declarations"] == {
        "not_sold": False,
        "no_qualification": True,
        "cooperation_named": True,
    }
    enrolment = manager.patch(path, {"enrolment": {"places": 11}}).json()["enrolment"]
    assert enrolment == {"opens_on": None, "closes_on": "2023-04-01", "places": 11, "waiting_list": True}
    assert manager.patch(path, {"enrolment": None}).json()["enrolment"] is None


def test_the_responsible_person_has_a_role_there(centre: Centre, manager: Person, unit: UUID) -> None:
    stranger = centre.person("training_manager", centre.organisation())
    wrong = plan(unit, responsible_person_id=str(stranger.id))
    assert faults(manager.post(PATH, wrong)) == {"/responsible_person_id": "not-responsible"}
    other = centre.person("unit_manager", unit)
    answer = manager.post(PATH, plan(unit, responsible_person_id=str(other.id)))
    assert answer.json()["responsible_person_id"] == str(other.id)


def test_who_writes(centre: Centre, central: UUID, unit: UUID, staff: Person) -> None:
    for role, organisation in (("training_manager", unit), ("unit_manager", unit), ("main_user", central)):
        assert centre.person(role, organisation).post(PATH, plan(unit)).status_code == 201
    # A training manager writes for exactly one organisation, and reads what is below it.
    above = centre.person("training_manager", central)
    assert refusal(above.post(PATH, plan(unit))) == (403, "forbidden")
    assert len(above.get(PATH).json()["items"]) == 3
    for person in (staff, centre.person("auditor"), centre.person("observer", central)):
        assert refusal(person.post(PATH, plan(unit))) == (403, "forbidden")
    stranger = centre.main_user(centre.organisation())
    assert refusal(stranger.post(PATH, plan(unit))) == (404, "not-found")
    assert stranger.get(PATH).json()["items"] == []


def test_submission_reserves_from_the_allotment_first(
    centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 4))
    training = manager.post(f"{added(manager, unit)}/submission").json()
    assert (training["state"], training["submitted_by"]) == ("submitted", str(manager.id))
    assert account(main_user, unit)["reserved"] == 4
    assert (account(main_user, central)["reserved"], account(main_user, central)["available"]) == (6, 494)
    [transfer, *_] = main_user.get(f"/v1/organisations/{central}/hour-transfers?year=2023").json()["items"]
    assert transfer["cause"]["type"] == "training"
    assert transfer["cause"]["id"] == training["id"]


def test_a_plan_that_exceeds_the_hours_is_refused(centre: Centre, manager: Person, central: UUID, unit: UUID) -> None:
    centre.post(2023, distribution(central, unit, 10))
    path = added(manager, unit, platform_hours=500)
    answer = manager.post(f"{path}/submission")
    assert refusal(answer) == (409, "quota-exceeded")
    facts = answer.json()
    assert (facts["asked"], facts["available"]) == (506, 500)
    assert (facts["allotment_available"], facts["common_available"]) == (10, 490)
    assert manager.get(path).json()["state"] == "draft"


def test_all_that_a_subsidised_plan_needs_is_reported_together(manager: Person, unit: UUID) -> None:
    path = manager.post(PATH, {"organisation_id": str(unit), "year": 2023, "name": "Ensiapu"}).headers["Location"]
    assert faults(manager.post(f"{path}/submission")) == {
        f"/{name}": "required"
        for name in (
            "topic",
            "target_group",
            "goals",
            "content",
            "methods",
            "mode",
            "language",
            "planned_participants",
            "planned_under_age",
            "sessions",
            "trainers",
        )
    } | {f"/declarations/{name}": "not-declared" for name in ("not_sold", "no_qualification", "cooperation_named")}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"planned_participants": 6, "planned_under_age": 3}, "/planned_participants", "too-few-participants"),
        ({"sessions": [session(parallel_groups=2)]}, "/trainers", "too-few-trainers"),
        ({"sessions": [session(places=[])]}, "/sessions/0/places", "required"),
        ({"sessions": [session(ends="10:44", break_minutes=0)]}, "/sessions", "too-few-hours"),
    ],
)
def test_guards_of_submission(manager: Person, unit: UUID, change: dict[str, Any], pointer: str, code: str) -> None:
    assert faults(manager.post(f"{added(manager, unit, **change)}/submission")) == {pointer: code}


def test_an_online_course_needs_no_place(manager: Person, unit: UUID) -> None:
    submitted(manager, unit, mode="online", sessions=[session(places=[])])


def test_the_plan_window_and_its_exception(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    path = added(manager, unit)
    centre.clock(2023, 4, 15)
    answer = manager.post(f"{path}/submission")
    assert refusal(answer) == (409, "plan-window-closed")
    assert (answer.json()["opens_on"], answer.json()["closes_on"]) == ("2022-10-15", "2023-04-14")
    exception = {"rule": "plan_window", "until": "2023-04-20", "reason": "Sairastapaus"}
    assert refusal(manager.post(f"{path}/exceptions", exception)) == (403, "forbidden")
    assert faults(staff.post(f"{path}/exceptions", exception | {"until": None})) == {"/until": "required"}
    assert faults(staff.post(f"{path}/exceptions", exception | {"until": "2023-04-14"})) == {"/until": "day-passed"}
    assert faults(staff.post(f"{path}/exceptions", exception | {"rule": "name"})) == {"/until": "none-required"}
    excepted = staff.post(f"{path}/exceptions", exception).json()["exceptions"]
    assert [(each["rule"], each["until"]) for each in excepted] == [("plan_window", "2023-04-20")]
    centre.clock(2023, 4, 20, 23, 59)
    assert manager.post(f"{path}/submission").status_code == 200


def test_trainings_are_entered_in_their_window(manager: Person, unit: UUID) -> None:
    path = added(manager, unit, year=2024, sessions=[session("2024-02-03")])
    answer = manager.post(f"{path}/submission")
    assert refusal(answer) == (409, "window-closed")
    assert answer.json()["kind"] == "training_entry"


def test_the_organisation_is_active_on_every_day(centre: Centre, manager: Person, unit: UUID) -> None:
    path = added(manager, unit, sessions=[session(), session("2023-06-01")])
    centre.owner.execute("UPDATE organisations SET active_until = '2023-05-31' WHERE id = %s", [unit])
    assert refusal(manager.post(f"{path}/submission")) == (409, "not-a-member")


def test_the_central_organisations_own_rules(main_user: Person, central: UUID, unit: UUID) -> None:
    rules = f"/v1/organisations/{central}/training-rules"
    path = added(main_user, unit)
    for own, because in (
        ({"kinds": ["district"]}, None),
        ({"kinds": ["association"], "activities": ["peer_group"]}, "activity"),
        ({"kinds": ["association"], "topics": ["music"]}, "topic"),
    ):
        etag = main_user.get(rules).headers["ETag"]
        assert main_user.put(rules, own, headers={"If-Match": etag}).status_code == 200
        answer = main_user.post(f"{path}/submission")
        assert refusal(answer) == (409, "runs-no-trainings")
        assert answer.json().get("because") == because
    wrong = {"kinds": ["association"], "topics": ["no-such-topic"]}
    assert faults(main_user.put(rules, wrong)) == {"/topics/0": "not-a-topic"}


def test_an_activity_can_be_switched_off(manager: Person, staff: Person, unit: UUID) -> None:
    rules = staff.get("/v1/support-rules/2023")
    off = {name: rules.json()[name] for name in ("training", "peer_group")}
    off["training"]["enabled"] = False
    assert staff.put("/v1/support-rules/2023", off, headers={"If-Match": rules.headers["ETag"]}).status_code == 200
    assert refusal(manager.post(f"{added(manager, unit)}/submission")) == (409, "activity-not-supported")


def test_plans_are_approved_automatically_where_the_rules_say(manager: Person, staff: Person, unit: UUID) -> None:
    rules = staff.get("/v1/support-rules/2023")
    automatic = {name: rules.json()[name] for name in ("training", "peer_group")}
    automatic["training"]["automatic_approval"] = True
    staff.put("/v1/support-rules/2023", automatic, headers={"If-Match": rules.headers["ETag"]})
    training = manager.post(f"{added(manager, unit)}/submission").json()
    assert (training["state"], training["phase"]) == ("approved", "upcoming")
    assert (training["decided_by"], training["decided_automatically"]) == (None, True)


def test_an_unsupported_course_is_approved_without_hours(manager: Person, main_user: Person, unit: UUID) -> None:
    body = {"organisation_id": str(unit), "year": 2023, "name": "Hallituksen kokous", "supported": False}
    path = manager.post(PATH, body).headers["Location"]
    training = manager.post(f"{path}/submission").json()
    assert (training["state"], training["decided_automatically"]) == ("approved", True)
    assert account(main_user, unit)["reserved"] == 0


def test_a_plan_sent_back_keeps_its_hours_and_moves_the_difference(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = submitted(manager, unit)
    assert faults(staff.post(f"{path}/decision", {"outcome": "sent_back"})) == {"/reason": "reason-missing"}
    passed = {"outcome": "sent_back", "reason": "Tarkenna", "answer_by": "2023-03-14"}
    assert faults(staff.post(f"{path}/decision", passed)) == {"/answer_by": "day-passed"}
    training = staff.post(f"{path}/decision", {"outcome": "sent_back", "reason": "Tarkenna"}).json()
    assert (training["state"], training["reason"], training["answer_by"]) == ("sent_back", "Tarkenna", "2023-03-29")
    assert account(main_user, central)["reserved"] == 6
    assert refusal(manager.patch(path, {"supported": False})) == (409, "wrong-state")
    assert manager.patch(path, {"platform_hours": 3}).status_code == 200
    assert manager.post(f"{path}/submission").json()["answer_by"] is None
    assert account(main_user, central)["reserved"] == 9
    staff.post(f"{path}/decision", {"outcome": "sent_back", "reason": "Vähennä"})
    manager.patch(path, {"platform_hours": 0})
    manager.post(f"{path}/submission")
    assert account(main_user, central)["reserved"] == 6
    # Its last day to be submitted again counts, whatever the plan window; after that it has lapsed.
    staff.post(f"{path}/decision", {"outcome": "sent_back", "reason": "Vielä", "answer_by": "2023-05-10"})
    centre.clock(2023, 5, 11)
    assert refusal(manager.post(f"{path}/submission")) == (409, "wrong-state")
    centre.clock(2023, 5, 10, 23)
    assert manager.post(f"{path}/submission").status_code == 200


def test_a_plan_sent_back_has_lapsed_after_its_day_also_before_the_worker_comes(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    path = submitted(manager, unit)
    sent_back = {"outcome": "sent_back", "reason": "Tarkenna", "answer_by": "2023-03-20"}
    assert staff.post(f"{path}/decision", sent_back).status_code == 200
    many = {"year": 2023, "training_ids": [path.rsplit("/", 1)[1]]}
    # The windows are still open.
    centre.clock(2023, 3, 21)
    for answer, pointer in (
        (manager.post(f"{path}/submission"), None),
        (manager.post("/v1/training-submissions", many), "/training_ids/0"),
    ):
        assert refusal(answer) == (409, "wrong-state")
        assert (answer.json()["state"], answer.json()["allowed"]) == ("lapsed", ["draft", "sent_back"])
        assert answer.json().get("pointer") == pointer
    centre.clock(2023, 3, 20, 23, 59, 59)
    assert manager.post(f"{path}/submission").status_code == 200


def test_a_topic_class_that_is_no_longer_in_use_is_refused_at_submission(
    manager: Person, staff: Person, unit: UUID
) -> None:
    path, other, free = added(manager, unit), added(manager, unit, topic="music"), added(manager, unit, supported=False)
    [topic] = [each for each in staff.get("/v1/topic-classes?limit=200").json()["items"] if each["code"] == "society"]
    one = f"/v1/topic-classes/{topic['id']}"
    assert staff.patch(one, {"active": False}).status_code == 200
    assert faults(manager.post(f"{path}/submission")) == {"/topic": "not-a-topic"}
    ids = [each.rsplit("/", 1)[1] for each in (other, path)]
    many = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert faults(many) == {"/training_ids/1/topic": "not-a-topic"}
    assert manager.get(other).json()["state"] == "draft"
    assert manager.post(f"{free}/submission").json()["state"] == "approved"
    assert staff.patch(one, {"active": True}).status_code == 200
    # What waits for its endorsement or a decision stays as it was submitted.
    assert manager.post(f"{path}/submission").status_code == 200
    assert staff.patch(one, {"active": False}).status_code == 200
    assert staff.post(f"{path}/decision", {"outcome": "approved"}).status_code == 200


def test_rejection_and_withdrawal_free_the_hours(
    manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    first, second = submitted(manager, unit), submitted(manager, unit)
    assert account(main_user, central)["reserved"] == 12
    assert staff.post(f"{first}/decision", {"outcome": "rejected", "reason": "Ei koulutus"}).json()["state"] == (
        "rejected"
    )
    withdrawn = manager.post(f"{second}/withdrawal").json()
    assert (withdrawn["state"], withdrawn["ended_by"]) == ("withdrawn", str(manager.id))
    assert account(main_user, central)["reserved"] == 0
    for act, body in (("submission", None), ("withdrawal", None), ("decision", {"outcome": "approved"})):
        person = staff if act == "decision" else manager
        assert refusal(person.post(f"{second}/{act}", body)) == (409, "wrong-state")


def test_nobody_decides_an_own_plan(centre: Centre, unit: UUID, central: UUID, staff: Person) -> None:
    both = centre.staff()
    centre.grant(both.id, "training_manager", unit)
    path = submitted(both, unit)
    assert refusal(both.post(f"{path}/decision", {"outcome": "approved"})) == (403, "forbidden")
    centre.grant(staff.id, "main_user", central)
    assert refusal(staff.post(f"{path}/decision", {"outcome": "approved"})) == (403, "forbidden")


def test_cancellation(centre: Centre, manager: Person, main_user: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    assert refusal(manager.post(f"{path}/withdrawal")) == (409, "wrong-state")
    cancelled = staff.post(f"{path}/cancellation", {"reason": "Kouluttaja sairastui"}).json()
    assert (cancelled["state"], cancelled["phase"], cancelled["end_reason"]) == (
        "cancelled",
        None,
        "Kouluttaja sairastui",
    )
    assert account(main_user, unit)["reserved"] == 0
    assert refusal(manager.post(f"{path}/cancellation", {"reason": "Taas"})) == (409, "wrong-state")
    outsider = centre.person("observer", unit)
    assert refusal(outsider.post(f"{path}/cancellation", {"reason": "Taas"})) == (403, "forbidden")


def test_phases_follow_the_clock(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    for moment, phase in (
        ((2023, 4, 15, 9, 59), "upcoming"),
        ((2023, 4, 15, 10), "under_way"),
        ((2023, 4, 15, 15, 59), "under_way"),
        ((2023, 4, 15, 16), "statement_due"),
        ((2023, 5, 13, 23, 59), "statement_due"),
        ((2023, 5, 14), "late"),
    ):
        centre.clock(*moment)
        assert manager.get(path).json()["phase"] == phase
        assert [item["phase"] for item in manager.get(f"{PATH}?phase={phase}").json()["items"]] == [phase]
    assert manager.get(f"{PATH}?phase=ended").json()["items"] == []


def test_many_are_submitted_and_decided_together(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    centre.post(2023, distribution(central, unit, 10))
    paths = [added(manager, unit) for _ in range(3)]
    ids = [path.rsplit("/", 1)[1] for path in paths]
    answer = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert [item["state"] for item in answer.json()["items"]] == ["submitted"] * 3
    assert (account(main_user, unit)["reserved"], account(main_user, central)["reserved"]) == (10, 18)
    items = [{"training_id": training_id, "outcome": "approved"} for training_id in ids]
    twice = staff.post("/v1/training-decisions", {"year": 2023, "items": [*items, items[0]]})
    assert faults(twice) == {"/items/3/training_id": "duplicate-item"}
    items[1] = {"training_id": ids[1], "outcome": "rejected"}
    assert faults(staff.post("/v1/training-decisions", {"year": 2023, "items": items})) == {
        "/items/1/reason": "reason-missing"
    }
    items[1]["reason"] = "Ei koulutus"
    answer = staff.post("/v1/training-decisions", {"year": 2023, "items": items})
    assert [item["state"] for item in answer.json()["items"]] == ["approved", "rejected", "approved"]
    again = staff.post("/v1/training-decisions", {"year": 2023, "items": items[:1]})
    assert (refusal(again), again.json()["pointer"]) == ((409, "wrong-state"), "/items/0")
    other_year = staff.post("/v1/training-decisions", {"year": 2024, "items": items[:2]})
    assert faults(other_year) == {f"/items/{index}/training_id": "not-of-the-year" for index in range(2)}


def test_a_batch_with_one_fault_changes_nothing(manager: Person, main_user: Person, central: UUID, unit: UUID) -> None:
    good, bad = added(manager, unit), added(manager, unit, goals=None)
    ids = [path.rsplit("/", 1)[1] for path in (good, bad)]
    answer = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert faults(answer) == {"/training_ids/1/goals": "required"}
    assert manager.get(good).json()["state"] == "draft"
    large = added(manager, unit, platform_hours=490)
    ids = [path.rsplit("/", 1)[1] for path in (good, large)]
    answer = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "quota-exceeded"), "/training_ids/1")
    assert answer.json()["available"] == 494
    assert account(main_user, central)["reserved"] == 0
    answer = manager.post("/v1/training-submissions", {"year": 2024, "training_ids": ids})
    assert faults(answer) == {f"/training_ids/{index}": "not-of-the-year" for index in range(2)}
    missing = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": [ids[0], str(unit)]})
    assert (refusal(missing), missing.json()["pointer"]) == ((404, "not-found"), "/training_ids/1")


def test_a_batch_points_to_the_plan_without_hours_also_after_one_without_subsidy(manager: Person, unit: UUID) -> None:
    paths = [added(manager, unit, supported=False), added(manager, unit, platform_hours=500)]
    ids = [path.rsplit("/", 1)[1] for path in paths]
    answer = manager.post("/v1/training-submissions", {"year": 2023, "training_ids": ids})
    assert (refusal(answer), answer.json()["pointer"]) == ((409, "quota-exceeded"), "/training_ids/1")


def test_a_batch_asks_what_is_there_then_who_may_and_then_the_year(
    centre: Centre, manager: Person, central: UUID, unit: UUID
) -> None:
    """What comes later in this order comes earlier among the items."""
    above, both = centre.person("training_manager", central), centre.staff()
    centre.grant(both.id, "training_manager", unit)
    path = "/v1/training-submissions"
    own, other = (each.rsplit("/", 1)[1] for each in (added(above, central), added(manager, unit)))
    for ids, status, pointer in (
        ([own, other, str(unit)], (404, "not-found"), "/training_ids/2"),
        ([own, other], (403, "forbidden"), "/training_ids/1"),
    ):
        answer = above.post(path, {"year": 2024, "training_ids": ids})
        assert (refusal(answer), answer.json()["pointer"]) == (status, pointer)
    assert faults(above.post(path, {"year": 2024, "training_ids": [own]})) == {"/training_ids/0": "not-of-the-year"}
    path = "/v1/training-decisions"
    other, own = (submitted(each, unit).rsplit("/", 1)[1] for each in (manager, both))
    for ids, status, pointer in (
        ([other, own, str(unit)], (404, "not-found"), "/items/2/training_id"),
        ([other, own], (403, "forbidden"), "/items/1"),
    ):
        items = [{"training_id": each, "outcome": "approved"} for each in ids]
        answer = both.post(path, {"year": 2024, "items": items})
        assert (refusal(answer), answer.json()["pointer"]) == (status, pointer)
    only_other = {"year": 2024, "items": [{"training_id": other, "outcome": "approved"}]}
    assert faults(centre.staff().post(path, only_other)) == {"/items/0/training_id": "not-of-the-year"}


def test_plans_go_through_the_main_user_where_the_rules_say(
    manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    own = {"kinds": ["central", "association"], "plans_through_main_user": True}
    assert main_user.put(f"/v1/organisations/{central}/training-rules", own).status_code == 200
    path = submitted(manager, unit)
    assert manager.get(path).json()["state"] == "awaiting_main_user"
    assert account(main_user, central)["reserved"] == 6
    assert refusal(staff.post(f"{path}/decision", {"outcome": "approved"})) == (409, "wrong-state")
    assert refusal(manager.post(f"{path}/endorsement", {"outcome": "endorsed"})) == (403, "forbidden")
    back = main_user.post(f"{path}/endorsement", {"outcome": "sent_back", "reason": "Tarkenna"}).json()
    assert back["state"] == "sent_back"
    assert manager.post(f"{path}/submission").json()["state"] == "awaiting_main_user"
    endorsed = main_user.post(f"{path}/endorsement", {"outcome": "endorsed"}).json()
    assert (endorsed["state"], endorsed["endorsed_by"]) == ("submitted", str(main_user.id))
    # Sent back by staff, it does not go through the main user again.
    staff.post(f"{path}/decision", {"outcome": "sent_back", "reason": "Tarkenna"})
    assert manager.post(f"{path}/submission").json()["state"] == "submitted"
    # A main user's own plan needs no endorsement, and a rejected one is over.
    assert main_user.get(submitted(main_user, unit)).json()["state"] == "submitted"
    other = submitted(manager, unit)
    rejected = main_user.post(f"{other}/endorsement", {"outcome": "rejected", "reason": "Ei nyt"}).json()
    assert (rejected["state"], rejected["decided_by"]) == ("rejected", str(main_user.id))
    assert refusal(main_user.post(f"{other}/endorsement", {"outcome": "endorsed"})) == (409, "wrong-state")
    assert account(main_user, central)["reserved"] == 12


def test_copies(manager: Person, unit: UUID) -> None:
    path = added(manager, unit, sessions=[session(), session("2023-04-22")])
    answer = manager.post(f"{path}/copies", {"starts_on": ["2023-09-02", "2024-01-13"]})
    assert answer.status_code == 201, answer.text
    assert "Location" not in answer.headers
    first, second = answer.json()["items"]
    assert [each["starts_at"] for each in first["sessions"]] == [
        "2023-09-02T10:00:00+03:00",
        "2023-09-09T10:00:00+03:00",
    ]
    assert (second["year"], second["starts_at"]) == (2024, "2024-01-13T10:00:00+02:00")
    assert faults(manager.post(f"{path}/copies", {"starts_on": ["9999-12-31"]})) == {"/starts_on/0": "out-of-range"}
    twice = manager.post(f"{path}/copies", {"starts_on": ["2023-09-02", "2023-09-02"]})
    assert faults(twice) == {"/starts_on/1": "duplicate-item"}
    over = manager.post(f"{path}/copies", {"starts_on": ["2023-12-30"]})
    assert faults(over) == {"/starts_on/0": "not-in-the-year"}
    several = manager.post(f"{path}/copies", {"starts_on": ["2023-12-30", "2023-09-02", "2024-12-31"]})
    assert faults(several) == {"/starts_on/0": "not-in-the-year", "/starts_on/2": "not-in-the-year"}
    bare = manager.post(PATH, {"organisation_id": str(unit), "year": 2023, "name": "Ensiapu"}).headers["Location"]
    assert faults(manager.post(f"{bare}/copies", {"starts_on": ["2023-09-02"]})) == {"/starts_on": "no-sessions"}


def test_what_an_approved_plan_lets_change(
    manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = approved(manager, staff, unit, sessions=[session(), session("2023-04-22")])
    changed = manager.patch(path, {"marketing_text": "Tule mukaan!", "trainers": [{"name": "Antti"}]}).json()
    assert changed["marketing_text"] == "Tule mukaan!"
    assert [each["code"] for each in changed["warnings"]] == ["study-centre-not-named"]
    assert manager.patch(path, {"sessions": [session()]}).json()["hours"] == 6
    assert account(main_user, central)["reserved"] == 6
    for change, pointers in (
        ({"sessions": [session(ends="17:00")]}, ["/sessions"]),
        ({"sessions": [session("2023-04-16")]}, ["/sessions"]),
        ({"platform_hours": 1, "mode": "online"}, ["/mode", "/platform_hours"]),
        ({"planned_participants": 13}, ["/planned_participants"]),
    ):
        answer = manager.patch(path, change)
        assert refusal(answer) == (409, "decision-required")
        assert answer.json()["pointers"] == pointers
    assert faults(manager.patch(path, {"planned_participants": 6})) == {"/planned_participants": "too-few-participants"}
    assert faults(manager.patch(path, {"goals": None})) == {"/goals": "required"}
    assert refusal(manager.patch(path, {"name": "Uusi"}, etag='"0"')) == (412, "precondition-failed")
    assert refusal(staff.patch(path, {"name": "Uusi"})) == (403, "forbidden")
    waiting = submitted(manager, unit)
    assert refusal(manager.patch(waiting, {"name": "Uusi"})) == (409, "wrong-state")


def test_a_session_that_has_begun_is_edited_no_more(centre: Centre, manager: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit, sessions=[session(), session("2023-04-22")])
    centre.clock(2023, 4, 15, 10)
    for sessions in ([session("2023-04-22")], [session(ends="15:00"), session("2023-04-22")]):
        refused = manager.patch(path, {"sessions": sessions})
        assert (refusal(refused), refused.json()["because"]) == ((409, "wrong-state"), "session-begun")
    assert manager.patch(path, {"sessions": [session(), session("2023-04-22", ends="15:15")]}).json()["hours"] == 11
    assert manager.patch(path, {"sessions": [session()]}).json()["hours"] == 6


@pytest.mark.parametrize("supported", [True, False])
def test_what_a_statement_counts_is_edited_no_more(
    centre: Centre, manager: Person, staff: Person, unit: UUID, supported: bool
) -> None:
    path = submitted(manager, unit, supported=supported)
    if supported:
        staff.post(f"{path}/decision", {"outcome": "approved"})
    centre.clock(2023, 5, 2)
    sent(manager, path)
    moved = session(places=[PLACE | {"name": "Työväentalo"}])
    for change in ({"sessions": [moved]}, {"planned_participants": 8}, {"platform_hours": 1}):
        refused = manager.patch(path, change)
        if "platform_hours" in change and supported:
            assert refusal(refused) == (409, "decision-required")
            continue
        assert refusal(refused) == (409, "wrong-state")
        state = "submitted" if supported else "approved"
        facts = {"state": state, "allowed": ["draft", "sent_back"], "because": "statement-exists"}
        assert {name: refused.json()[name] for name in facts} == facts
        assert "The cost statement has already been submitted or decided." in refused.json()["detail"]
    assert manager.patch(path, {"marketing_text": "Kiitos!"}).status_code == 200


def test_an_approved_plan_takes_no_topic_that_the_centres_own_rules_exclude(
    manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    own = {"kinds": ["association"], "topics": ["society"]}
    assert main_user.put(f"/v1/organisations/{central}/training-rules", own).status_code == 200
    refused = manager.patch(path, {"topic": "music"})
    assert (refusal(refused), refused.json()["because"]) == ((409, "runs-no-trainings"), "topic")
    now = main_user.get(f"/v1/organisations/{central}/training-rules").headers["ETag"]
    other = own | {"topics": ["music"]}
    main_user.put(f"/v1/organisations/{central}/training-rules", other, headers={"If-Match": now})
    assert manager.patch(path, {"name": "Uusi nimi"}).status_code == 200
    assert manager.patch(path, {"topic": "music"}).json()["topic"] == "music"


def test_a_marketing_text_that_names_the_study_centre(centre: Centre, manager: Person, unit: UUID) -> None:
    path = added(manager, unit, marketing_text="Järjestetään yhdessä Opintokeskus Esimerkin kanssa.")
    assert manager.get(path).json()["warnings"] == []
    swedish = added(manager, unit, marketing_text="I samarbete med Studiecentralen Exempel.")
    assert len(manager.get(swedish).json()["warnings"]) == 1
    centre.owner.execute("UPDATE study_centres SET name_sv = 'Studiecentralen Exempel' WHERE id = %s", [centre.id])
    assert manager.get(swedish).json()["warnings"] == []


def test_the_list_and_its_filters(manager: Person, staff: Person, central: UUID, unit: UUID) -> None:
    one = approved(manager, staff, unit, name="Ensiapu")
    two = added(manager, unit, mode="online", topic="music", supported=False, sessions=[session("2023-06-01")])
    found = {
        "q=ensiapu": [one],
        "q=rahastonhoitajat": [two, one],
        "mode=online": [two],
        "topic=music&topic=society": [two, one],
        "supported=true": [one],
        "supported=false": [two],
        "state=draft": [two],
        "starts_from=2023-05-01": [two],
        "starts_until=2023-05-01": [one],
        f"under={central}": [two, one],
        f"organisation_id={central}": [],
        "year=2024": [],
        "reference=2023-0002": [two],
        "changed_since=2099-01-01T00:00:00Z": [],
    }
    for query, paths in found.items():
        items = manager.get(f"{PATH}?{query}").json()["items"]
        assert [f"{PATH}/{item['id']}" for item in items] == paths, query
