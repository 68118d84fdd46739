"""Round trips of an operation to the database: fixed numbers that do not grow with the page (promises §3)."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest

from app.domain.hours.ledger import pool_change, supplementary_grant
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.hours.test_case_attachments import add
from tests.builders import Centre, Person
from tests.conftest import SECRET
from tests.document import document
from tests.round_trips import CountedConnection
from tests.server import serving

REQUESTS = "/v1/supplementary-hour-requests"


@dataclass
class Asking:
    """A central organisation with hours, and its people as callers of a service that counts its round trips."""

    central: UUID
    units: list[UUID]
    main_user: Person
    staff: Person

    def ask(self, hours: int = 10) -> httpx.Response:
        body = {"organisation_id": str(self.central), "year": 2023, "hours": hours, "grounds": "Kysyntä kasvoi"}
        return self.main_user.post(REQUESTS, body)

    def decide(self, request: str) -> httpx.Response:
        return self.staff.post(f"{request}/decision", {"hours": 5})

    def give_back(self, key: str | bool = True) -> httpx.Response:
        body = {"organisation_id": str(self.central), "year": 2023, "hours": 1}
        return self.main_user.post("/v1/hour-returns", body, key=key)

    def propose(self, year: int, lines: int) -> httpx.Response:
        units = [{"unit_id": str(unit), "hours": 5} for unit in self.units[:lines]]
        return self.main_user.post(
            "/v1/hour-proposals", {"organisation_id": str(self.central), "year": year, "lines": units}
        )

    def distribute(self, etag: str, units: int, hours: int) -> httpx.Response:
        wished = [{"unit_id": str(unit), "hours": hours} for unit in self.units[:units]]
        return self.main_user.put(self.path("hour-distribution"), {"units": wished}, headers={"If-Match": etag})

    def path(self, of: str) -> str:
        return f"/v1/organisations/{self.central}/{of}/2023"


@pytest.fixture(scope="module")
def counted_service(database: Addresses) -> Iterator[str]:
    settings = Settings(database_url=database.service, secret_key=SECRET, sandbox=True)
    with serving(create_app(settings, connection_class=CountedConnection)) as address:
        yield address


@pytest.fixture
def asking(centre: Centre, counted_service: str) -> Asking:
    """Tokens, roles and connections are warm, so the count is the cost of each request."""
    centre.address = counted_service
    centre.change_window()
    central = centre.organisation()
    units = [centre.organisation(central) for _ in range(20)]
    centre.post(2023, pool_change(10_000), supplementary_grant(central, 5_000))
    asking = Asking(central, units, centre.main_user(central), centre.staff())
    for person in (asking.main_user, asking.staff):
        assert person.get(REQUESTS).status_code == 200
    return asking


def trips(ask: Callable[..., httpx.Response], *arguments: Any, **options: Any) -> int:
    CountedConnection.round_trips = 0
    answer = ask(*arguments, **options)
    assert answer.is_success, answer.text
    return CountedConnection.round_trips


def test_a_write_that_posts_takes_three_round_trips(asking: Asking) -> None:
    """The beginning, the facts, the posting with its row, and the closing statement with the commit; house §3 allows
    five."""
    assert trips(asking.give_back) == 3


def test_a_replay_takes_two_round_trips(asking: Asking) -> None:
    """The beginning, and the rollback."""
    asking.give_back("one")
    assert trips(asking.give_back, "one") == 2


def test_a_request_and_its_decision_take_few_round_trips(asking: Asking) -> None:
    assert trips(asking.ask) == 5
    request = asking.ask().headers["Location"]
    assert trips(asking.decide, request) == 7
    assert trips(asking.main_user.get, request) == 2


@pytest.mark.parametrize(
    ("path", "number"),
    [("hour-accounts", 2), ("hour-accounts/explanation", 4), ("hour-distribution", 3)],
)
def test_the_resources_of_a_year_take_a_fixed_number_of_round_trips(asking: Asking, path: str, number: int) -> None:
    """In a sandbox one round trip of a read is for the clock; other services do not need it."""
    of, _, part = path.partition("/")
    address = asking.path(of) + (part and f"/{part}")
    assert trips(asking.main_user.get, address) == number
    asking.distribute(asking.main_user.get(asking.path("hour-distribution")).headers["ETag"], 20, 10)
    assert trips(asking.main_user.get, address) == number


@pytest.mark.parametrize(("chart", "own", "of_all"), [("tree", 3, 4), ("flow", 5, 4), ("years", 3, 3), ("usage", 3, 3)])
def test_a_chart_takes_a_fixed_number_of_round_trips(asking: Asking, chart: str, own: int, of_all: int) -> None:
    """The clock, the name, and the figures; the study centre's tree has one more for the pool, and a flow what the
    explanation takes."""
    picture = {"year": 2023}
    for _ in range(2):
        path = f"/v1/organisations/{asking.central}/hour-charts/{chart}.svg"
        assert trips(asking.main_user.get, path, params=picture) == own
        assert trips(asking.staff.get, f"/v1/hour-charts/{chart}.svg", params=picture) == of_all
        asking.distribute(asking.main_user.get(asking.path("hour-distribution")).headers["ETag"], 20, 10)


def test_a_round_takes_a_fixed_number_of_round_trips(asking: Asking, centre: Centre) -> None:
    path = "/v1/rounds/2024"
    assert trips(asking.staff.get, path) == 4
    for _ in range(5):
        central = centre.organisation()
        lines = [{"unit_id": str(central), "hours": 5}]
        made = centre.main_user(central).post(
            "/v1/hour-proposals", {"organisation_id": str(central), "year": 2024, "lines": lines}
        )
        assert made.status_code == 201
    assert asking.staff.get(path).json()["states"]["draft"]["organisations"] == 5
    assert trips(asking.staff.get, path) == 4


@pytest.mark.parametrize("path", [REQUESTS, "/v1/hour-returns", "/v1/hour-proposals"])
def test_a_page_takes_two_round_trips_however_long_it_is(asking: Asking, path: str) -> None:
    """The clock and the page; the total is one more."""
    assert trips(asking.main_user.get, path) == 2
    for year in range(2024, 2029):
        asking.ask()
        asking.give_back()
        asking.propose(year, 2)
    answer = asking.main_user.get(path, params={"limit": 3})
    assert len(answer.json()["items"]) == 3
    assert trips(asking.main_user.get, path) == 2
    assert trips(asking.main_user.get, answer.headers["Link"].split(";")[0].strip("<>")) == 2
    assert trips(asking.main_user.get, path, params={"include": "total"}) == 3


@pytest.mark.parametrize("entries", ["comments", "attachments"])
def test_what_the_sides_add_to_a_case_takes_a_fixed_number_of_round_trips(asking: Asking, entries: str) -> None:
    """The clock, the request, its place and the page."""
    path = f"/v1/cases{asking.ask().headers['Location'].removeprefix('/v1')}/{entries}"
    for number in range(3):
        assert trips(asking.staff.get, path) == 4
        if entries == "comments":
            made = asking.staff.post(path, {"text": f"Kommentti {number}", "visible_to": "both"})
        else:
            made = add(asking.staff, path)
        assert made.status_code == 201, made.text


@pytest.mark.parametrize("path", [REQUESTS, "/v1/hour-returns", "/v1/hour-proposals", "/v1/organisations"])
def test_filters_cost_no_round_trip(asking: Asking, path: str) -> None:
    several = {"under": [str(asking.central), str(asking.units[0])], "changed_since": "2023-01-01T00:00:00+02:00"}
    assert trips(asking.main_user.get, path, params=several) == 2


ROUND_TRIPS_OF_LISTS = {
    "/v1/hour-accounts": 3,
    "/v1/organisations/{organisation_id}/unit-round/{year}/units": 3,
    "/v1/koski-consents": 5,
    "/v1/koski-exports": 4,
    "/v1/participation-claims": 5,
    "/v1/study-register": 5,
    "/v1/me/tasks": 12,
    "/v1/organisations/{organisation_id}/signatories": 3,
    "/v1/organisations/{organisation_id}/hour-transfers": 3,
}
"""Of the lists that need more than the clock and the page."""
QUERY = {"year": "2023", "q": "Lahtinen"}


def test_every_list_takes_a_fixed_number_of_round_trips(asking: Asking, centre: Centre) -> None:
    variables = {"organisation_id": str(asking.central), "year": "2023"}
    named = {"person_ids": [str(asking.staff.id)], "reason": "Tietosuojavastaava"}
    assert centre.staff().put("/v1/study-centre/participant-readers", named).status_code == 200
    found = {}
    for path, methods in document()["paths"].items():
        parameters = {each["name"] for each in methods.get("get", {}).get("parameters", ())}
        filled = path.format_map(defaultdict(lambda: "{", variables))
        if "cursor" in parameters and "{" not in filled and not path.startswith("/v1/sandbox/"):
            required = {
                each["name"] for each in methods["get"]["parameters"] if each["required"] and each["in"] == "query"
            }
            filled += f"?{urlencode({name: QUERY[name] for name in required})}" if required else ""
            assert asking.staff.get(filled).status_code == 200
            found[path] = trips(asking.staff.get, filled)
    assert len(found) > 25
    assert {path: number for path, number in found.items() if number != 2} == ROUND_TRIPS_OF_LISTS


def test_the_summary_of_a_round_is_read_at_one_time(asking: Asking) -> None:
    assert trips(asking.staff.get, "/v1/rounds/2023/summary") == 2


def test_a_plan_takes_as_many_round_trips_with_many_rows_as_with_few(asking: Asking, centre: Centre) -> None:
    asking.staff.put("/v1/hour-pools/2024", {"hours": 1_000})
    numbers = []
    for members in (1, 20):
        for _ in range(members):
            centre.organisation()
        plan = asking.staff.post("/v1/decision-plans", {"year": 2024, "name": "Syksy", "kind": "round"})
        path = plan.headers["Location"]
        rows = {item["id"]: {"hours": 1} for item in plan.json()["items"]}

        def version(path: str = path) -> dict[str, str]:
            return {"If-Match": asking.staff.get(path).headers["ETag"]}

        simulation = {"method": "as_asked", "overrides": dict.fromkeys(rows, 2)}
        edit = version()["If-Match"]
        edited = trips(asking.staff.patch, path, {"rows": rows}, etag=edit)
        headers = version()
        simulated = trips(asking.staff.post, f"{path}/simulation", simulation, headers=headers)
        headers = version()
        published = trips(asking.staff.post, f"{path}/publication", headers=headers)
        numbers.append((trips(asking.staff.get, path), edited, simulated, published))
    assert numbers[0] == numbers[1] == NUMBERS_OF_A_PLAN


NUMBERS_OF_A_PLAN = (2, 7, 8, 21)
"""To read, change, simulate and publish one."""


def test_lines_and_units_travel_together(asking: Asking) -> None:
    assert trips(asking.propose, 2024, 1) == trips(asking.propose, 2025, 20)
    numbers = set()
    for units, hours in ((1, 10), (20, 20), (2, 5)):
        etag = asking.main_user.get(asking.path("hour-distribution")).headers["ETag"]
        numbers.add(trips(asking.distribute, etag, units, hours))
    assert len(numbers) == 1
