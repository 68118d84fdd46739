"""`/v1/organisations/{id}/hour-accounts/{year}/explanation`, and the same of the study centre's pool."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from app.db.identifiers import new_id
from app.db.sessions import Reader
from app.domain.access import Actor, Role, RoleGrant
from app.domain.calendar.deadlines import HELSINKI
from app.domain.errors import Forbidden
from app.domain.hours.explanations import PoolExplanation
from app.domain.hours.ledger import hour_return, pool_change, release, reservation, supplementary_grant, use
from app.services.hours.explanations import explain_pool
from tests.builders import FOREVER, Centre, Person, refusal

Made = dict[str, Any]


def path(organisation_id: UUID, year: int = 2023) -> str:
    return f"/v1/organisations/{organisation_id}/hour-accounts/{year}/explanation"


def explained(reader: Person, organisation_id: UUID, **params: Any) -> Made:
    answer = reader.get(path(organisation_id), params=params)
    assert answer.status_code == 200, answer.text
    made: Made = answer.json()
    return made


def short(explanation: Made) -> list[tuple[str, int, int]]:
    return [(step["kind"], step["hours"], step["after"]) for step in explanation["steps"]]


def available(reader: Person, organisation_id: UUID, **params: Any) -> int:
    account = reader.get(f"/v1/organisations/{organisation_id}/hour-accounts/2023", params=params).json()
    hours: int = account["available"]
    return hours


class Year:
    """A central organisation and its unit, whose hours of 2023 moved in every way. A minute passes before each."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        centre.change_window()
        self.central = centre.organisation(name="Marttaliitto")
        self.unit = centre.organisation(self.central, name="Lahden Martat")
        self.staff, self.main_user = centre.staff(), centre.main_user(self.central)
        self.manager = centre.person("unit_manager", self.unit)
        self.minutes = 0
        self.made: dict[str, Made] = {}
        self.seen: list[tuple[datetime, Made, Made]] = []

    def tick(self) -> None:
        now = self.centre.clock(2023, 3, 15, 12, self.minutes)
        self.minutes += 1
        if self.minutes > 1:
            self.seen.append(
                (now - timedelta(minutes=1), explained(self.staff, self.central), explained(self.staff, self.unit))
            )

    def do(self, name: str, person: Person, path: str, body: Any = None) -> Made:
        self.tick()
        answer = person.post(path, body)
        assert answer.is_success, answer.text
        self.made[name] = answer.json()
        return self.made[name]

    def distribute(self, hours: int) -> None:
        self.tick()
        distribution = f"/v1/organisations/{self.central}/hour-distribution/2023"
        headers = {"If-Match": self.main_user.get(distribution).headers["ETag"]}
        wished = {"units": [{"unit_id": str(self.unit), "hours": hours}]}
        answer = self.main_user.put(distribution, wished, headers=headers)
        assert answer.is_success, answer.text

    def go_by(self) -> None:
        self.tick()
        assert self.staff.put("/v1/hour-pools/2023", {"hours": 1000}).is_success
        of = {"organisation_id": str(self.central), "year": 2023}
        items = [{"organisation_id": str(self.central), "hours": 400}]
        decided = self.do("decision", self.staff, "/v1/hour-decisions", {"year": 2023, "items": items})
        self.made["decision"] = decided["items"][0]
        requests = "/v1/supplementary-hour-requests"
        asked = self.do("request", self.main_user, requests, of | {"hours": 60, "grounds": "Kysyntä kasvoi"})
        self.do("request", self.staff, f"{requests}/{asked['id']}/decision", {"hours": 50, "reason": "Ei kaikkea"})
        self.distribute(100)
        self.distribute(80)
        cancelled = self.do("cancelled", self.main_user, "/v1/hour-returns", of | {"hours": 30})
        self.do("cancelled", self.main_user, f"/v1/hour-returns/{cancelled['id']}/cancellation")
        self.do("return", self.main_user, "/v1/hour-returns", of | {"hours": 20})
        for name, hours in (("more", 15), ("less", -4)):
            body = {"unit_id": str(self.unit), "year": 2023, "hours": hours, "grounds": "Uusi kurssi"}
            request = self.do(name, self.manager, "/v1/allotment-requests", body)
            self.do(name, self.main_user, f"/v1/allotment-requests/{request['id']}/decision", {"hours": hours})
        for name, hours in (("added", 5), ("taken", -8)):
            self.do(name, self.staff, "/v1/hour-corrections", of | {"hours": hours, "reason": "Laskuvirhe"})
        self.tick()
        for holder, hours in ((self.central, 25), (self.unit, 12)):
            moves = [reservation(self.central, holder, hours), use(self.central, holder, hours - 2)]
            self.centre.post(2023, *moves, release(self.central, holder, 2), cause_type="training")
        self.tick()


@pytest.fixture
def year(centre: Centre) -> Year:
    year = Year(centre)
    year.go_by()
    return year


COMMON = [
    ("grant", 400, 400),
    ("supplementary_grant", 50, 450),
    ("distribution", -100 - 15, 335),
    ("recall", 20 + 4, 359),
    ("return", -30 - 20, 309),
    ("return_cancellation", 30, 339),
    ("reservation", -25, 314),
    ("release", 2, 316),
    ("correction", 5 - 8, 313),
]
ALLOTMENT = [("distribution", 115, 115), ("recall", -24, 91), ("reservation", -12, 79), ("release", 2, 81)]


def test_each_kind_of_transfer_is_a_step_and_the_last_sum_is_what_is_available(year: Year) -> None:
    common, allotment = explained(year.main_user, year.central), explained(year.manager, year.unit)
    assert (short(common), short(allotment)) == (COMMON, ALLOTMENT)
    for organisation_id, account, found in ((year.central, "common", common), (year.unit, "allotment", allotment)):
        assert (found["organisation_id"], found["year"], found["account"]) == (str(organisation_id), 2023, account)
        assert found["available"] == found["steps"][-1]["after"] == available(year.staff, organisation_id)
        for step in found["steps"]:
            assert step["hours"] == sum(cause["hours"] for cause in step["causes"])
            assert step["causes_total"] == len(step["causes"])
    assert common["steps"][-1]["text"] == {
        "fi": "Korjaukset yhteensä: −3 opetustuntia.",
        "sv": "Rättelser sammanlagt: −3 undervisningstimmar.",
        "en": "Corrections in total: −3 teaching hours.",
    }


def test_the_causes_are_shown_newest_first_with_their_pages(year: Year) -> None:
    steps = {step["kind"]: step["causes"] for step in explained(year.main_user, year.central)["steps"]}

    def cause(type_: str, name: str, hours: int) -> Made:
        made, pages = year.made[name], f"/v1/{type_.replace('_', '-')}s"
        shown = {"type": type_, "id": made["id"], "reference": made["reference"], "hours": hours}
        return shown | {"path": f"{pages}/{made['id']}"}

    distribution = f"/v1/organisations/{year.central}/hour-distribution/2023"
    distributed = {"type": "hour_distribution", "id": str(year.central), "reference": None, "path": distribution}
    assert steps["grant"] == [cause("hour_decision", "decision", 400)]
    assert steps["supplementary_grant"] == [cause("supplementary_hour_request", "request", 50)]
    assert steps["distribution"] == [cause("allotment_request", "more", -15), distributed | {"hours": -100}]
    assert steps["recall"] == [cause("allotment_request", "less", 4), distributed | {"hours": 20}]
    assert steps["return"] == [cause("hour_return", "return", -20), cause("hour_return", "cancelled", -30)]
    assert steps["return_cancellation"] == [cause("hour_return", "cancelled", 30)]
    assert steps["correction"] == [cause("hour_correction", "taken", -8), cause("hour_correction", "added", 5)]
    training = steps["reservation"][0]
    assert (training["type"], training["reference"], training["path"]) == ("training", None, None)
    for causes in steps.values():
        for each in causes:
            assert each["path"] is None or year.main_user.get(each["path"]).status_code == 200


def test_a_cause_out_of_the_readers_reach_has_no_path(year: Year) -> None:
    def paths(reader: Person, organisation_id: UUID) -> list[str | None]:
        return [each["path"] for each in explained(reader, organisation_id)["steps"][0]["causes"]]

    asked = f"/v1/allotment-requests/{year.made['more']['id']}"
    distribution = f"/v1/organisations/{year.central}/hour-distribution/2023"
    assert paths(year.manager, year.unit) == [asked, None]
    assert year.manager.get(distribution).status_code == 404
    assert paths(year.main_user, year.unit) == [asked, distribution]
    assert paths(year.centre.person("auditor"), year.unit) == [asked, distribution]


def test_a_request_of_a_unit_that_has_left_is_out_of_its_former_centres_reach(year: Year) -> None:
    new = year.centre.organisation()
    moving = "UPDATE organisations SET parent_id = %s, central_organisation_id = %s WHERE id = %s"
    year.centre.owner.execute(moving, [new, new, year.unit])
    year.centre.owner.execute(
        "UPDATE organisation_ancestors SET ancestor_id = %s WHERE organisation_id = %s AND distance = 1",
        [new, year.unit],
    )
    [asked, _] = explained(year.main_user, year.central)["steps"][2]["causes"]
    assert (asked["reference"], asked["path"]) == (year.made["more"]["reference"], None)
    assert year.main_user.get(f"/v1/allotment-requests/{asked['id']}").status_code == 404
    assert explained(year.staff, year.unit)["steps"] == []


def test_an_explanation_can_be_read_as_it_was_at_a_time(year: Year) -> None:
    assert len(year.seen) > 10
    for at, common, allotment in year.seen:
        assert explained(year.staff, year.central, at=at.isoformat()) == common
        assert explained(year.staff, year.unit, at=at.isoformat()) == allotment
        assert common["available"] == available(year.staff, year.central, at=at.isoformat())
    before = explained(year.staff, year.central, at="2023-03-15T11:59:59+02:00")
    assert (before["steps"], before["available"]) == ([], 0)


def test_what_lapses_with_the_year_is_the_last_step_and_a_later_correction_is_none(year: Year) -> None:
    common, allotment = available(year.staff, year.central), available(year.staff, year.unit)
    year.centre.close(2023)
    corrected = {"organisation_id": str(year.central), "year": 2023, "hours": 9, "reason": "Laskuvirhe"}
    assert year.staff.post("/v1/hour-corrections", corrected).status_code == 201
    for reader, organisation_id, steps, lapsed in (
        (year.main_user, year.central, COMMON, common),
        (year.manager, year.unit, ALLOTMENT, allotment),
    ):
        found = explained(reader, organisation_id)
        assert found["available"] == 0
        by_kind = {kind: hours for kind, hours, _ in short(found)}
        assert by_kind == {kind: hours for kind, hours, _ in steps} | {"lapse": -lapsed}
        for person, page in (
            (reader, None),
            (year.staff, "/v1/hour-pools/2023"),
            (year.centre.person("auditor"), "/v1/hour-pools/2023"),
        ):
            seen = explained(person, organisation_id)["steps"]
            [lapse] = next(step["causes"] for step in seen if step["kind"] == "lapse")
            assert (lapse["type"], lapse["reference"], lapse["path"]) == ("hour_pool_closing", None, page)
        assert refusal(reader.get("/v1/hour-pools/2023")) == (403, "forbidden")


def test_at_most_a_hundred_causes_are_shown_and_all_are_counted(centre: Centre, central: UUID, staff: Person) -> None:
    centre.post(2023, pool_change(1000), supplementary_grant(central, 500))
    for _ in range(103):
        centre.post(2023, hour_return(central, 2))
    [_, step] = explained(staff, central)["steps"]
    assert (step["hours"], step["causes_total"], len(step["causes"])) == (-206, 103, 100)
    newest = centre.rows("SELECT cause_id::text FROM hour_transfers WHERE kind = 'return' ORDER BY position DESC")
    assert [each["id"] for each in step["causes"]] == [cause_id for (cause_id,) in newest[:100]]


def test_an_explanation_is_visible_within_reach_only_and_not_sent_twice(centre: Centre, central: UUID) -> None:
    unit = centre.organisation(central)
    manager = centre.person("unit_manager", unit)
    for stranger in (manager, centre.main_user(centre.organisation())):
        assert refusal(stranger.get(path(central))) == (404, "not-found")
    assert refusal(centre.staff().get(path(new_id()))) == (404, "not-found")
    answer = manager.get(path(unit))
    assert answer.json() == {
        "organisation_id": str(unit),
        "year": 2023,
        "account": "allotment",
        "steps": [],
        "available": 0,
        "hour_type": "training",
    }
    again = manager.get(path(unit), headers={"If-None-Match": answer.headers["ETag"], "Accept-Language": "sv"})
    assert again.status_code == 304


def pool_explained(centre: Centre, year: int, role: Role, at: datetime | None = None) -> PoolExplanation:
    actor = Actor(new_id(), (RoleGrant(role, None, FOREVER, None),))

    async def ask() -> PoolExplanation:
        info = centre.owner.info
        options = f"-c app.study_centre_id={centre.id}"
        async with await psycopg.AsyncConnection.connect(
            info.dsn, password=info.password, options=options
        ) as connection:
            return await explain_pool(Reader(connection, actor, FOREVER), year, at=at)

    return asyncio.run(ask())


def test_the_pool_is_explained_alike(year: Year) -> None:
    assert year.staff.put("/v1/hour-pools/2023", {"hours": 900}, headers={"If-Match": "*"}).is_success
    found = pool_explained(year.centre, 2023, "staff")
    assert [(step.kind, step.hours, step.after) for step in found.steps] == [
        ("pool", 900, 900),
        ("grant", -400, 500),
        ("supplementary_grant", -50, 450),
        ("return", 50, 500),
        ("return_cancellation", -30, 470),
        ("correction", 3, 473),
    ]
    assert found.available == year.staff.get("/v1/hour-pools/2023").json()["available"]
    pool = "/v1/hour-pools/2023"
    assert [(cause.hours, cause.path) for cause in found.steps[0].causes] == [(-100, pool), (1000, pool)]
    assert found.steps[1].causes[0].path == f"/v1/hour-decisions/{year.made['decision']['id']}"
    first = pool_explained(year.centre, 2023, "auditor", datetime(2023, 3, 15, 12, tzinfo=HELSINKI))
    assert (first.available, first.steps[0].text.en) == (1000, "Set as the pool: 1,000 teaching hours.")
    with pytest.raises(Forbidden):
        pool_explained(year.centre, 2023, "main_user")
