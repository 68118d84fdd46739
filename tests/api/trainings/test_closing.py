"""Closing a year whose hours are reserved for training courses, and courses of a closed year."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import grant, pool_change, reservation
from tests.api.trainings.conftest import account, added, approved, plan, session, submitted
from tests.api.trainings.test_cost_statements import decide, drafted, sent
from tests.builders import Centre, Person, refusal

CLOSING = "/v1/hour-pools/2023/closing"


def listed(answer: httpx.Response) -> dict[str, Any]:
    assert refusal(answer) == (409, "wrong-state"), answer.text
    problem: dict[str, Any] = answer.json()
    return problem


def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
    return {"method": method, "path": path, "body": body}


@pytest.fixture
def held(centre: Centre, manager: Person, staff: Person, unit: UUID) -> dict[str, str]:
    """Courses of 15 April in every state that holds hours, by their names, with the paths of their statements."""
    courses = {name: approved(manager, staff, unit, name=name) for name in ("asked", "begun", "open", "returned")}
    courses["awaiting"] = submitted(manager, unit, name="awaiting")
    courses["planned"] = submitted(manager, unit, name="planned")
    courses["sent back"] = submitted(manager, unit, name="sent back")
    staff.post(f"{courses['sent back']}/decision", {"outcome": "sent_back", "reason": "Tarkenna"})
    centre.owner.execute("UPDATE trainings SET state = 'awaiting_main_user' WHERE name = 'awaiting'")
    centre.clock(2023, 5, 2)
    courses |= {"statement of asked": sent(manager, courses["asked"])}
    courses |= {"statement of begun": drafted(manager, courses["begun"])}
    courses |= {"statement of returned": sent(manager, courses["returned"])}
    decide(staff, courses["statement of returned"], "sent_back", reason="Tarkenna")
    return courses


def test_a_year_with_reserved_hours_names_what_reserves_them(staff: Person, unit: UUID, held: dict[str, str]) -> None:
    refused = listed(staff.post(CLOSING))
    dry = listed(staff.post(CLOSING, params={"validate_only": "true"}))
    assert {**dry, "request_id": None} == {**refused, "request_id": None}
    assert (refused["reserved"], refused["still_reserved"], refused["still_due"]) == (42, 42, "2024-01-18")
    assert refused["trainings_total"] == 7
    assert {each["name"]: each["call"] for each in refused["trainings"]} == {
        "asked": call("POST", f"{held['statement of asked']}/decision", {"outcome": "approved"}),
        "awaiting": call("POST", f"{held['awaiting']}/endorsement", {"outcome": "endorsed"}),
        "begun": call("POST", f"{held['statement of begun']}/submission"),
        "open": call("POST", "/v1/cost-statements", {"training_id": held["open"].rpartition("/")[2]}),
        "planned": call("POST", f"{held['planned']}/decision", {"outcome": "approved"}),
        "returned": call("POST", f"{held['statement of returned']}/submission"),
        "sent back": call("POST", f"{held['sent back']}/submission"),
    }
    first = refused["trainings"][0]
    assert {name: first[name] for name in first if name != "call"} == {
        "id": held["asked"].rpartition("/")[2],
        "name": "asked",
        "organisation_id": str(unit),
        "organisation_name": "Hämeen Martat",
        "hours": 6,
        "state": "approved",
    }
    assert "Courses and peer groups to be settled before the year is closed: 7." in refused["detail"]


def test_after_the_last_day_what_was_not_stated_is_cancelled(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    for day in ((2023, 4, 1), (2024, 1, 19)):
        centre.clock(*day)
        (course,) = listed(staff.post(CLOSING))["trainings"]
        assert course["call"] == call("POST", f"{path}/cancellation", {"reason": None})
    assert staff.post(path + "/cancellation", {"reason": "Ei selvitetty"}).status_code == 200
    assert staff.post(CLOSING).status_code == 200


def test_hours_that_are_settled_do_not_prevent_the_closing(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    paths = [approved(manager, staff, unit) for _ in range(3)]
    unsupported = submitted(manager, unit, supported=False)
    draft = added(manager, unit)
    centre.clock(2023, 5, 2)
    used, rejected, again = [sent(manager, path) for path in paths]
    decide(staff, used)
    decide(staff, rejected, "rejected", reason="Ei tueta")
    decide(staff, again)
    staff.post(f"{again}/reversal", {"reason": "Virhe"})
    centre.clock(2024, 1, 19)
    assert staff.post(CLOSING).status_code == 200
    states = {path: manager.get(path).json()["state"] for path in (*paths, unsupported, draft)}
    assert set(states.values()) == {"approved", "draft"}
    assert (account(main_user, central)["used"], account(main_user, central)["reserved"]) == (6, 0)
    centre.check_ledger()


def test_hours_of_peer_groups_are_named_too(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = submitted(manager, unit, name="Ryhmä", supported=False)
    group_id = UUID(path.rpartition("/")[2])
    centre.owner.execute("UPDATE trainings SET hour_type = 'peer_group', supported = true, state = 'submitted'")
    centre.post(2023, pool_change(20), grant(central, 20), hour_type="peer_group")
    centre.post(2023, reservation(central, central, 9), cause_type="peer_group", cause=group_id, hour_type="peer_group")
    (group,) = listed(staff.post(CLOSING))["trainings"]
    assert (group["hours"], group["name"]) == (9, "Ryhmä")
    assert group["call"] == call("POST", f"/v1/peer-groups/{group_id}/decision", {"outcome": "approved"})


def test_the_first_hundred_are_named_and_all_are_counted(
    centre: Centre, manager: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = submitted(manager, unit)
    columns = "hour_type, central_organisation_id, organisation_id, year, search_text, declarations, supported, hours"
    for number in range(100):
        course = new_id()
        centre.owner.execute(
            f"INSERT INTO trainings (id, name, state, created_by, created_at, submitted_by, submitted_at, {columns}) "
            f"SELECT %s, %s, 'submitted', created_by, created_at, submitted_by, submitted_at, {columns} "
            "FROM trainings WHERE id = %s",
            [course, f"Kurssi {number:03}", path.rpartition("/")[2]],
        )
        centre.post(2023, reservation(central, central, 2), cause_type="training", cause=course)
    refused = listed(staff.post(CLOSING))
    assert (refused["reserved"], refused["trainings_total"], len(refused["trainings"])) == (206, 101, 100)
    assert [each["name"] for each in refused["trainings"][:3]] == ["Järjestön talous", "Kurssi 000", "Kurssi 001"]


def test_in_a_closed_year_drafts_are_written_and_not_submitted(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    draft = added(manager, unit)
    centre.clock(2024, 1, 19)
    assert staff.post(CLOSING).status_code == 200
    assert manager.patch(draft, {"name": "Uusi nimi"}).json()["name"] == "Uusi nimi"
    assert refusal(manager.post(f"{draft}/submission")) == (409, "year-closed")
    body = {"year": 2023, "training_ids": [draft.rpartition("/")[2]]}
    refused = manager.post("/v1/training-submissions", body)
    assert (refusal(refused), refused.json()["pointer"]) == ((409, "year-closed"), "/training_ids/0")
    assert manager.post("/v1/trainings", plan(unit)).status_code == 201
    without = added(manager, unit, supported=False)
    assert manager.post(f"{without}/submission").json()["state"] == "approved"
    assert manager.post(f"{draft}/withdrawal").json()["state"] == "withdrawn"


class TestSettled:
    """What no longer holds hours reserves none again by an edit or a change."""

    @pytest.fixture(params=["rejected", "reversed", "reversed and stated again"])
    def course(self, request: pytest.FixtureRequest, centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
        path = approved(manager, staff, unit, sessions=[session(), session("2023-04-22")], platform_hours=4)
        centre.clock(2023, 5, 2)
        statement = sent(manager, path)
        if request.param == "rejected":
            decide(staff, statement, "rejected", reason="Ei tueta")
        else:
            decide(staff, statement)
            assert staff.post(f"{statement}/reversal", {"reason": "Virhe"}).status_code == 200
        if request.param == "reversed and stated again":
            drafted(manager, path)
        return path

    def test_edits_and_changes_of_its_hours_are_refused(
        self, manager: Person, main_user: Person, central: UUID, course: str
    ) -> None:
        for answer in (
            manager.patch(course, {"sessions": [session()]}),
            manager.patch(course, {"planned_participants": 9}),
            manager.patch(course, {"platform_hours": 2}),
            manager.post(f"{course}/changes", {"planned_participants": 20}),
        ):
            assert refusal(answer) == (409, "wrong-state")
            assert answer.json()["because"] == "statement-exists"
        assert manager.patch(course, {"goals": "Toiset tavoitteet"}).status_code == 200
        assert account(main_user, central)["reserved"] == 0


def test_a_statement_made_again_after_a_move_uses_common_hours_of_the_old_centre(
    centre: Centre, manager: Person, main_user: Person, staff: Person, central: UUID, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 5, 2)
    statement = sent(manager, path)
    decide(staff, statement)
    other = centre.organisation(name="Toinen liitto")
    centre.post(2023, pool_change(50), grant(other, 50))
    moved = staff.patch(f"/v1/organisations/{unit}", {"parent_id": str(other)})
    assert moved.status_code == 200
    assert staff.post(f"{statement}/reversal", {"reason": "Virhe"}).status_code == 200
    assert account(main_user, central)["used"] == 0
    decided = decide(staff, sent(manager, path))
    assert decided.status_code == 200, decided.text
    assert account(main_user, central)["used"] == 6
    assert account(centre.main_user(other), other)["used"] == 0
    centre.check_ledger()


def test_a_statement_that_waits_after_a_reversal_prevents_the_closing(
    centre: Centre, manager: Person, staff: Person, unit: UUID
) -> None:
    path = approved(manager, staff, unit)
    centre.clock(2023, 5, 2)
    first = sent(manager, path)
    assert decide(staff, first, "approved").status_code == 200
    assert staff.post(f"{first}/reversal", {"reason": "Väärä"}).status_code == 200
    second = sent(manager, path)
    centre.clock(2024, 1, 19)
    refused = listed(staff.post(CLOSING))
    assert (refused["reserved"], refused["trainings_total"]) == (0, 1)
    assert refused["trainings"][0]["call"] == call("POST", f"{second}/decision", {"outcome": "approved"})
    assert "still_reserved" not in refused
    assert decide(staff, second, "approved", reason="Kunnossa").status_code == 200
    assert staff.post(CLOSING).status_code == 200
