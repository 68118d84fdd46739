"""Training courses of organisations that move to another central organisation, or end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.domain.hours.ledger import distribution, grant, lapse, pool_change
from app.local.embedded_postgres import Addresses
from tests.api.trainings.conftest import PATH, account, added, approved, session, submitted
from tests.api.trainings.test_cost_statements import decide, sent
from tests.builders import FOREVER, Centre, Person, refusal
from tests.locks import another, until_one_waits


@pytest.fixture
def other(centre: Centre) -> UUID:
    """Another central organisation, with hours of its own."""
    centre.post(2023, pool_change(100))
    other = centre.organisation(name="Toinen liitto")
    centre.post(2023, grant(other, 100))
    return other


def move(staff: Person, unit: UUID, parent: UUID) -> Any:
    return staff.patch(f"/v1/organisations/{unit}", {"parent_id": str(parent)})


def end(staff: Person, unit: UUID, last_day: str) -> Any:
    return staff.patch(f"/v1/organisations/{unit}", {"active_until": last_day})


def state(centre: Centre, path: str, statement_state: str, person: Person) -> None:
    """The statement of a course, as it is after these steps."""
    centre.owner.execute(
        "INSERT INTO cost_statements (id, training_id, organisation_id, central_organisation_id, year, declarations, "
        "state, support, support_cents, used_hours, payment_state, created_by, created_at, reversed_by, reversed_at, "
        "reversal_reason) SELECT %s, id, organisation_id, central_organisation_id, year, '{}', %s, %s, %s, %s, %s, "
        "%s, %s, %s, %s, %s FROM trainings WHERE id = %s",
        [
            new_id(),
            statement_state,
            *(["{}", 0, 0, "none"] if statement_state in ("approved", "rejected", "reversed") else [None] * 4),
            person.id,
            FOREVER,
            *([person.id, FOREVER, "Virhe"] if statement_state == "reversed" else [None] * 3),
            path.rsplit("/", 1)[1],
        ],
    )


def test_a_submitted_course_holds_its_organisation(manager: Person, staff: Person, other: UUID, unit: UUID) -> None:
    """Its hours come from the common ones, so the unit has no hours of its own."""
    path = submitted(manager, unit)
    refused = move(staff, unit, other)
    assert refusal(refused) == (409, "organisation-in-use")
    assert refused.json()["holds"] == [
        {"year": 2023, "allotted": 0, "reserved": 0, "open_proposals": 0, "open_trainings": 1}
    ]
    assert "open training courses and peer groups: 1" in refused.json()["detail"]
    staff.post(f"{path}/decision", {"outcome": "sent_back", "reason": "Tarkenna"})
    assert refusal(move(staff, unit, other)) == (409, "organisation-in-use")
    manager.post(f"{path}/submission")
    staff.post(f"{path}/decision", {"outcome": "approved"})
    assert refusal(move(staff, unit, other)) == (409, "organisation-in-use")
    manager.post(f"{path}/cancellation", {"reason": "Ei tilaa"})
    assert move(staff, unit, other).status_code == 200


@pytest.mark.parametrize("outcome", ["rejected", "withdrawn"])
def test_a_course_that_came_to_nothing_holds_nobody(
    manager: Person, staff: Person, other: UUID, unit: UUID, outcome: str
) -> None:
    path = submitted(manager, unit)
    if outcome == "rejected":
        staff.post(f"{path}/decision", {"outcome": "rejected", "reason": "Ei tueta"})
    else:
        manager.post(f"{path}/withdrawal")
    assert move(staff, unit, other).status_code == 200


@pytest.mark.parametrize(
    ("statement_state", "holds"),
    [
        ("draft", True),
        ("submitted", True),
        ("sent_back", True),
        ("reversed", True),
        ("approved", False),
        ("rejected", False),
    ],
)
def test_an_approved_course_holds_until_its_statement_is_decided(
    centre: Centre, manager: Person, staff: Person, other: UUID, unit: UUID, statement_state: str, holds: bool
) -> None:
    state(centre, approved(manager, staff, unit), statement_state, staff)
    assert move(staff, unit, other).status_code == (409 if holds else 200)


def test_a_course_awaiting_its_main_user_holds_its_organisation(
    centre: Centre, manager: Person, staff: Person, other: UUID, unit: UUID
) -> None:
    path = submitted(manager, unit)
    centre.owner.execute("UPDATE trainings SET state = 'awaiting_main_user'")
    assert manager.get(path).json()["state"] == "awaiting_main_user"
    assert refusal(move(staff, unit, other)) == (409, "organisation-in-use")


def test_a_course_without_subsidy_holds_until_it_has_ended(
    centre: Centre, manager: Person, staff: Person, other: UUID, unit: UUID
) -> None:
    submitted(manager, unit, supported=False)
    assert refusal(move(staff, unit, other)) == (409, "organisation-in-use")
    centre.clock(2023, 4, 15, 16)
    assert move(staff, unit, other).status_code == 200


def test_an_organisation_ends_after_the_last_session(manager: Person, staff: Person, central: UUID, unit: UUID) -> None:
    submitted(manager, unit, sessions=[session(), session("2023-05-20")])
    for organisation in (unit, central):
        refused = end(staff, organisation, "2023-05-19")
        assert refusal(refused) == (409, "organisation-in-use")
        assert [each["open_trainings"] for each in refused.json()["holds"]] == [1]
    late = staff.patch(f"/v1/organisations/{central}", {"active_from": "2023-04-16"})
    assert refusal(late) == (409, "organisation-in-use")
    for organisation in (unit, central):
        assert end(staff, organisation, "2023-05-20").status_code == 200


def test_courses_of_a_closed_year_hold_nobody(
    centre: Centre, manager: Person, staff: Person, central: UUID, other: UUID, unit: UUID
) -> None:
    submitted(manager, unit, supported=False)
    centre.post(2023, lapse(central, central, 500), lapse(other, other, 100))
    centre.owner.execute("SELECT close_hour_year(2023::smallint, now())")
    assert move(staff, unit, other).status_code == 200


def test_a_change_to_days_after_the_end_is_not_approved(manager: Person, staff: Person, unit: UUID) -> None:
    path = approved(manager, staff, unit)
    change = manager.post(f"{path}/changes", {"sessions": [session("2023-05-20")]}).headers["Location"]
    assert end(staff, unit, "2023-05-19").status_code == 200
    refused = staff.post(f"{change}/decision", {"outcome": "approved"})
    assert (refusal(refused), refused.json()["active_until"]) == ((409, "not-a-member"), "2023-05-19")
    rejected = staff.post(f"{change}/decision", {"outcome": "rejected", "reason": "Yhdistys päättyy"})
    assert rejected.json()["state"] == "rejected"


class TestMoved:
    """A unit that had a course whose statement is rejected, and a draft, has moved."""

    @pytest.fixture
    def draft(self, manager: Person, unit: UUID) -> str:
        return added(manager, unit, name="Luonnos")

    @pytest.fixture
    def settled(self, centre: Centre, manager: Person, staff: Person, unit: UUID) -> str:
        path = approved(manager, staff, unit, name="Vanha")
        centre.clock(2023, 5, 2)
        decide(staff, sent(manager, path), "rejected", reason="Ei tueta")
        centre.clock(2023, 3, 15, 12)
        centre.owner.execute("UPDATE trainings SET marketing_text = 'Tule!' WHERE name = 'Vanha'")
        return path

    # The trainings are there before the organisation moves.
    @pytest.fixture
    def moved(self, staff: Person, other: UUID, unit: UUID, draft: str, settled: str) -> None:  # noqa: ARG002
        assert move(staff, unit, other).status_code == 200

    @pytest.fixture
    def new_main_user(self, centre: Centre, other: UUID) -> Person:
        return centre.main_user(other)

    @pytest.mark.usefixtures("moved")
    def test_drafts_move_along_and_what_was_submitted_stays(
        self, main_user: Person, manager: Person, new_main_user: Person, draft: str, settled: str
    ) -> None:
        for person, seen, hidden in ((main_user, settled, draft), (new_main_user, draft, settled)):
            assert person.get(seen).status_code == 200
            assert refusal(person.get(hidden)) == (404, "not-found")
            assert [f"{PATH}/{each['id']}" for each in person.get(PATH).json()["items"]] == [seen]
            assert person.get(f"{seen}/changes").status_code == 200
            assert refusal(person.get(f"{hidden}/changes")) == (404, "not-found")
        assert len(manager.get(PATH).json()["items"]) == 2

    @pytest.mark.usefixtures("moved")
    def test_writes_follow_what_is_seen(
        self, main_user: Person, manager: Person, new_main_user: Person, draft: str, settled: str
    ) -> None:
        change = {"goals": "Uudet tavoitteet"}
        for person, path in ((main_user, settled), (manager, settled), (manager, draft), (new_main_user, draft)):
            assert person.patch(path, change).json()["goals"] == "Uudet tavoitteet"
            change = {"goals": "Uudet tavoitteet", "methods": str(new_id())}
        for person, path in ((main_user, draft), (new_main_user, settled)):
            etag = manager.get(path).headers["ETag"]
            assert refusal(person.patch(path, change, etag=etag)) == (404, "not-found")
            for act, body in (
                ("submission", None),
                ("withdrawal", None),
                ("cancellation", {"reason": "Ei"}),
                ("changes", {"mode": "online"}),
                ("copies", {"starts_on": ["2023-09-02"]}),
            ):
                assert refusal(person.post(f"{path}/{act}", body)) == (404, "not-found"), act
            both = {"year": 2023, "training_ids": [path.rsplit("/", 1)[1]]}
            assert refusal(person.post("/v1/training-submissions", both)) == (404, "not-found")
        assert refusal(main_user.post(f"{settled}/submission")) == (409, "wrong-state")
        copies = main_user.post(f"{settled}/copies", {"starts_on": ["2023-09-02"]})
        assert refusal(copies) == (404, "not-found")

    @pytest.mark.usefixtures("moved")
    def test_a_moved_draft_draws_on_the_new_central_organisation(
        self, main_user: Person, manager: Person, new_main_user: Person, central: UUID, other: UUID, draft: str
    ) -> None:
        before = account(main_user, central)["reserved"]
        sent = manager.post(f"{draft}/submission")
        assert (sent.status_code, sent.json()["central_organisation_id"]) == (200, str(other))
        assert account(new_main_user, other)["reserved"] == 6
        assert account(main_user, central)["reserved"] == before

    @pytest.mark.usefixtures("moved")
    def test_the_lists_filters_and_files_follow(self, main_user: Person, new_main_user: Person, unit: UUID) -> None:
        for person, name in ((main_user, "Vanha"), (new_main_user, "Luonnos")):
            listed = person.get(PATH, params={"organisation_id": str(unit)}).json()["items"]
            assert [each["name"] for each in listed] == [name]
            assert person.get(PATH, params={"include": "total"}).json()["total"] == 1
            rows = person.get(PATH, headers={"Accept": "text/csv"}).text.splitlines()
            assert len(rows) == 2
            assert name in rows[1]

    @pytest.mark.usefixtures("moved")
    def test_statements_and_participants_stay_with_their_course(
        self, main_user: Person, manager: Person, new_main_user: Person, draft: str, settled: str
    ) -> None:
        statements = "/v1/cost-statements"
        (statement,) = main_user.get(statements).json()["items"]
        assert main_user.get(f"{statements}/{statement['id']}").status_code == 200
        assert main_user.get(statements, headers={"Accept": "text/csv"}).text.count("\r\n") == 2
        assert new_main_user.get(statements).json()["items"] == []
        assert refusal(new_main_user.get(f"{statements}/{statement['id']}")) == (404, "not-found")
        for person, path, is_seen in (
            (main_user, settled, True),
            (new_main_user, settled, False),
            (main_user, draft, False),
            (new_main_user, draft, True),
            (manager, settled, True),
            (manager, draft, True),
        ):
            assert person.get(f"{path}/participants").status_code == (200 if is_seen else 404)

    @pytest.mark.usefixtures("draft", "settled")
    def test_a_move_within_the_central_organisation_moves_nothing(
        self, centre: Centre, staff: Person, main_user: Person, central: UUID, unit: UUID
    ) -> None:
        assert move(staff, unit, centre.organisation(central, kind="district")).status_code == 200
        assert len(main_user.get(PATH).json()["items"]) == 2


class TestRaces:
    """A plan for a unit that moves, or ends, meanwhile: in both orders."""

    @pytest.fixture
    def second(self, centre: Centre, database: Addresses) -> Iterator[Centre]:
        with another(centre, database) as second:
            yield second

    def test_a_move_waits_for_a_submission_and_counts_it(
        self, centre: Centre, second: Centre, manager: Person, staff: Person, other: UUID, unit: UUID
    ) -> None:
        path = added(manager, unit)
        etag = staff.get(f"/v1/organisations/{unit}").headers["ETag"]
        body = {"parent_id": str(other)}
        with ThreadPoolExecutor(2) as threads:
            # The submission waits for the hours, with the organisation and the course locked.
            with second.owner.transaction():
                second.owner.execute("SELECT FROM hour_balances FOR UPDATE")
                sending = threads.submit(manager.post, f"{path}/submission")
                until_one_waits(centre)
                moving = threads.submit(staff.patch, f"/v1/organisations/{unit}", body, etag=etag)
                until_one_waits(centre, 2)
            assert sending.result().status_code == 200
            assert refusal(moving.result()) == (409, "organisation-in-use")
        centre.check_ledger()

    def test_a_submission_waits_for_a_move_and_draws_on_the_new_centre(
        self, centre: Centre, second: Centre, manager: Person, staff: Person, other: UUID, unit: UUID
    ) -> None:
        path = added(manager, unit)
        etag = staff.get(f"/v1/organisations/{unit}").headers["ETag"]
        with ThreadPoolExecutor(2) as threads:
            # The move waits for the hours, with the organisation locked.
            with second.owner.transaction():
                second.owner.execute("SELECT FROM hour_balances FOR UPDATE")
                body = {"parent_id": str(other)}
                moving = threads.submit(staff.patch, f"/v1/organisations/{unit}", body, etag=etag)
                until_one_waits(centre)
                sending = threads.submit(manager.post, f"{path}/submission")
                until_one_waits(centre, 2)
            assert moving.result().status_code == 200
            assert sending.result().json()["central_organisation_id"] == str(other)
        assert account(centre.main_user(other), other)["reserved"] == 6
        centre.check_ledger()

    def test_a_submission_waits_for_the_end_of_its_organisation(
        self, centre: Centre, second: Centre, manager: Person, central: UUID, unit: UUID
    ) -> None:
        for organisation in (unit, central):
            path = added(manager, unit)
            with ThreadPoolExecutor(1) as thread:
                with second.owner.transaction():
                    change = "UPDATE organisations SET active_until = %s WHERE id = %s"
                    second.owner.execute(change, [date(2023, 4, 14), organisation])
                    sending = thread.submit(manager.post, f"{path}/submission")
                    until_one_waits(centre)
                assert refusal(sending.result()) == (409, "not-a-member")
            centre.owner.execute("UPDATE organisations SET active_until = NULL")

    def test_a_draft_is_not_written_for_a_centre_that_its_organisation_has_left(
        self, centre: Centre, manager: Person, other: UUID, unit: UUID
    ) -> None:
        added(manager, unit)
        with pytest.raises(psycopg.errors.SerializationFailure):
            centre.owner.execute("UPDATE trainings SET central_organisation_id = %s, submitted_at = now()", [other])

    def test_moves_and_submissions_of_several_units_do_not_deadlock(
        self, centre: Centre, staff: Person, central: UUID, other: UUID
    ) -> None:
        units = [centre.organisation(central) for _ in range(4)]
        units += [centre.organisation(units[-1])]
        main_user, new_main_user = centre.main_user(central), centre.main_user(other)
        centre.grant(main_user.id, "main_user", other)
        centre.grant(new_main_user.id, "main_user", central)
        paths = [added(main_user, unit) for unit in units for _ in range(3)]
        ids = [path.rsplit("/", 1)[1] for path in paths]

        def send(turn: int) -> int:
            mine = ids[turn::5] if turn % 2 else ids[turn::5][::-1]
            body = {"year": 2023, "training_ids": mine}
            return main_user.post("/v1/training-submissions", body).status_code

        def go(turn: int) -> int:
            return int(move(staff, units[turn % 4], (other, central)[turn // 4 % 2]).status_code)

        with ThreadPoolExecutor(10) as threads:
            moves, sent = threads.map(go, range(12)), threads.map(send, range(5))
            assert set(sent) == {200}
            assert set(moves) <= {200, 409, 412}
        centre.check_ledger()
        astray = (
            "SELECT t.id FROM trainings t JOIN organisations o ON o.id = t.organisation_id "
            "WHERE o.central_organisation_id <> t.central_organisation_id"
        )
        assert centre.rows(astray) == []

    def test_an_allotment_of_a_unit_is_drawn_on_first(
        self, centre: Centre, manager: Person, main_user: Person, central: UUID, unit: UUID
    ) -> None:
        centre.post(2023, distribution(central, unit, 4))
        submitted(manager, unit)
        assert account(main_user, unit)["reserved"] == 4
