"""Lists as CSV: all that match, in the list's order, from one snapshot, and never half a file."""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from resource import getpagesize
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.api import csv_lists
from app.api.limits import MOST_CSV
from app.db import connections
from app.domain.hours.ledger import pool_change, supplementary_grant
from app.local.embedded_postgres import Addresses
from app.sandbox.main import create_app
from app.settings import Settings
from tests.api.hours.conftest import League, league, line
from tests.api.people.test_api_keys import made, program
from tests.builders import Centre, Person, refusal
from tests.document import operations
from tests.server import serving

__all__ = ["league"]

PAGESIZE = getpagesize()
AS_CSV = {"Accept": "text/csv"}
ORGANISATIONS, TRANSFERS, PROPOSALS = "/v1/organisations", "/v1/hour-transfers", "/v1/hour-proposals"


def csv_of(person: Person, path: str, **query: Any) -> httpx.Response:
    answer = person.get(path, params=query, headers=AS_CSV)
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(person: Person, path: str, *, delimiter: str = ",", **query: Any) -> list[dict[str, str]]:
    """The rows by the names of their columns."""
    content = csv_of(person, path, **query).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True))


def cell_of(item: dict[str, Any], column: str) -> str:
    """What a column has of an item of the list, text that needs no apostrophe."""
    value: Any = item
    for name in column.split("."):
        value = value and value[name]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def year_of_a_league(league: League) -> League:
    """Something in each of the lists."""
    centre, staff = league.centre, league.centre.staff()
    centre.deadline("change_window", date(2023, 10, 1), date(2023, 10, 31))
    centre.post(2023, pool_change(10_000), supplementary_grant(league.central, 1_000))
    centre.post(2024, pool_change(10_000))
    centre.post(2024, pool_change(100), hour_type="peer_group")
    league.submitted(league.main_user, league.central, line(league.central, 50), line(league.district, 7))
    of = {"organisation_id": str(league.central), "year": 2023}
    decided = {"year": 2024, "items": [{"organisation_id": str(league.central), "hours": 40, "reason": "Perustelu"}]}
    distributed = {"units": [{"unit_id": str(league.district), "hours": 20}]}
    asked = {"unit_id": str(league.district), "year": 2023, "hours": -5, "grounds": "Peruttu"}
    for person, path, body in (
        (league.main_user, "/v1/supplementary-hour-requests", of | {"hours": 5, "grounds": "Kysyntä"}),
        (league.main_user, "/v1/supplementary-hour-requests", of | {"hours": 6, "grounds": "Kysyntä"}),
        (league.main_user, "/v1/hour-returns", of | {"hours": 3}),
        (staff, "/v1/hour-corrections", of | {"hours": -2, "reason": "Virhe"}),
        (staff, "/v1/hour-corrections", of | {"hours": 2, "reason": "Virheen korjaus"}),
        (staff, "/v1/hour-decisions", decided),
        (staff, "/v1/peer-group-quotas", decided),
    ):
        answer = person.post(path, body)
        assert answer.status_code == 201, answer.text
    path = f"/v1/organisations/{league.central}/hour-distribution/2023"
    tag = league.main_user.get(path).headers["ETag"]
    assert league.main_user.put(path, distributed, headers={"If-Match": tag}).status_code == 200
    assert league.manager.post("/v1/allotment-requests", asked).status_code == 201
    return league


LISTS = [
    ("/v1/hour-accounts", {"year": 2023}),
    ("/v1/hour-accounts", {"year": 2023, "level": "units", "sort": "used_share"}),
    (PROPOSALS, {}),
    ("/v1/hour-decisions", {}),
    ("/v1/peer-group-quotas", {}),
    ("/v1/supplementary-hour-requests", {}),
    ("/v1/allotment-requests", {}),
    ("/v1/hour-returns", {}),
    ("/v1/hour-corrections", {}),
    (TRANSFERS, {}),
    ("/v1/organisations/{}/hour-transfers", {"year": 2023}),
    (ORGANISATIONS, {}),
]


@pytest.mark.parametrize(("path", "query"), LISTS)
def test_a_csv_has_the_items_of_the_list_in_its_order(
    year_of_a_league: League, path: str, query: dict[str, Any]
) -> None:
    path = path.format(year_of_a_league.central)
    items = year_of_a_league.main_user.get(path, params=query).json()["items"]
    assert items
    rows = rows_of(year_of_a_league.main_user, path, **query)
    assert rows == [{column: cell_of(item, column) for column in rows[0]} for item in items]
    assert {column.partition(".")[0] for column in rows[0]} == {
        name for name, value in items[0].items() if not isinstance(value, list)
    }


def test_the_lists_with_csv_are_those_of_the_document() -> None:
    offering = {
        operation["operationId"]
        for _, _, operation in operations()
        if "text/csv" in operation["responses"].get("200", {}).get("content", {})
    }
    # Their items are no list: `tests/api/trainings/test_statistics.py`.
    offering -= {name for name in offering if name.startswith("get_")}
    assert offering == {
        "list_cost_statements",
        "list_trainings",
        "list_peer_groups",
        "list_peer_group_participants",
        "list_training_participants",
        "list_training_completions",
        "list_hour_accounts",
        "list_hour_proposals",
        "list_hour_decisions",
        "list_peer_group_quotas",
        "list_supplementary_hour_requests",
        "list_allotment_requests",
        "list_hour_returns",
        "list_hour_corrections",
        "list_hour_transfers",
        "list_all_hour_transfers",
        "list_organisations",
    }


def test_a_csv_is_an_attachment_without_a_version(main_user: Person) -> None:
    answer = csv_of(main_user, TRANSFERS)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="hour-transfers-2023-03-15.csv"'
    assert answer.headers["Vary"] == "Accept"
    assert "ETag" not in answer.headers
    assert answer.text == (
        "id,kind,hours,from.account,from.organisation_id,to.account,to.organisation_id,cause.type,cause.id,actor,"
        "actor_name,made_at,hour_type\r\n"
    )
    listed = main_user.get(TRANSFERS)
    assert "Accept" in listed.headers["Vary"].split(", ")
    again = main_user.get(TRANSFERS, headers={"If-None-Match": listed.headers["ETag"]})
    assert (again.status_code, "Accept" in again.headers["Vary"].split(", ")) == (304, True)
    assert main_user.get(TRANSFERS, headers=AS_CSV | {"If-Match": "*"}).status_code == 200
    stale = main_user.get(TRANSFERS, headers=AS_CSV | {"If-Match": listed.headers["ETag"]})
    assert refusal(stale) == (412, "precondition-failed")


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        ("*/*", False),
        ("text/csv, application/json", False),
        ("text/csv;q=0.9, application/json;q=0.8", True),
        ("text/*, application/json;q=0.5", True),
        ("TEXT/CSV; header=present", True),
        ("application/pdf", False),
    ],
)
def test_accept_chooses_between_json_and_csv(main_user: Person, accept: str, is_csv: bool) -> None:
    answer = main_user.get(ORGANISATIONS, headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith("text/csv" if is_csv else "application/json")
    assert main_user.get("/v1/me", headers=AS_CSV).headers["Content-Type"] == "application/json"


def test_a_level_without_accounts_has_the_columns_of_its_accounts(main_user: Person) -> None:
    def columns(level: str) -> list[str]:
        return csv_of(main_user, "/v1/hour-accounts", year=2023, level=level).text.splitlines()[0].split(",")

    assert {"central_organisation_id", "allotted", "common_available", "previous_year.granted"} <= set(columns("units"))
    assert {"granted", "units_available", "previous_year.lapsed"} <= set(columns("central"))
    assert not {"allotted", "common_available"} & set(columns("central"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('=HYPERLINK("http://x.example","Tästä")', '\'=HYPERLINK("http://x.example","Tästä")'),
        ("a;=1+1", "'a;=1+1"),
        ("a,@SUM(1)", "'a,@SUM(1)"),
        ("-x", "'-x"),
        ("+358 40 123", "'+358 40 123"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("ensin\n=1+1", "'ensin\n=1+1"),
        ("ensin\r\n-1", "'ensin\r\n-1"),
        ("ensin\r=1", "'ensin\r=1"),
        ("ensin\n\tx", "'ensin\n\tx"),
        ("a; =1", "a; =1"),
        ("Martat = me, ja muut - kaikki", "Martat = me, ja muut - kaikki"),
        ('Sanoi "ei"; lähti, tuli\npois', 'Sanoi "ei"; lähti, tuli\npois'),
        ("'lainaus", "'lainaus"),
        ("2024-0123", "2024-0123"),
    ],
)
def test_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(
    centre: Centre, staff: Person, name: str, shown: str
) -> None:
    centre.organisation(name=name)
    for separator, delimiter in (("comma", ","), ("semicolon", ";")):
        [row] = rows_of(staff, ORGANISATIONS, separator=separator, delimiter=delimiter)
        assert row["name"] == shown
    [item] = staff.get(ORGANISATIONS).json()["items"]
    assert item["name"] == name


def test_numbers_are_shown_as_they_are(year_of_a_league: League) -> None:
    rows = rows_of(year_of_a_league.main_user, "/v1/hour-corrections")
    assert [row["hours"] for row in rows] == ["2", "-2"]
    [asked] = rows_of(year_of_a_league.manager, "/v1/allotment-requests")
    assert (asked["hours"], asked["granted_hours"]) == ("-5", "")


def test_a_spreadsheet_in_finnish_gets_semicolons_and_a_byte_order_mark(centre: Centre, staff: Person) -> None:
    centre.organisation(name="Åbo, Sydösterbotten")
    answer = csv_of(staff, ORGANISATIONS, bom="true", separator="semicolon")
    assert answer.content.startswith(b"\xef\xbb\xbfid;kind;parent_id;")
    assert b";\xc3\x85bo, Syd\xc3\xb6sterbotten;" in answer.content
    assert b"\n" not in answer.content.replace(b"\r\n", b"")
    assert csv_of(staff, ORGANISATIONS).content.startswith(b"id,kind,")
    # They say how a CSV is written, and nothing about JSON.
    assert staff.get(ORGANISATIONS, params={"bom": "true", "separator": "semicolon"}).status_code == 200
    assert refusal(staff.get(ORGANISATIONS, params={"separator": "tab"}, headers=AS_CSV)) == (422, "validation")


@pytest.mark.parametrize(
    "query", [{"limit": 10}, {"cursor": "made-up"}, {"limit": 0, "cursor": ""}, {"include": "total"}]
)
def test_a_csv_has_no_pages(main_user: Person, query: dict[str, Any]) -> None:
    answer = main_user.get(ORGANISATIONS, params=query, headers=AS_CSV)
    assert refusal(answer) == (422, "validation")
    found = {(error["parameter"], error["code"]) for error in answer.json()["errors"]}
    assert found == {(name, "not-in-csv") for name in query}


def test_lines_of_proposals_are_rows_of_their_own(year_of_a_league: League) -> None:
    league = year_of_a_league
    league.draft(league.manager, league.district, line(league.association, 3, emphasis="Terveys"), year=2025)
    second, first = league.main_user.get(PROPOSALS).json()["items"]
    rows = rows_of(league.main_user, PROPOSALS, rows="lines")
    assert list(rows[0]) == [
        *("proposal_id", "reference", "organisation_id", "organisation_name", "year", "state"),
        *("unit_id", "hours", "emphasis", "grounds", "source_proposal_id", "source_hours"),
        *("copied.hours", "copied.granted", "copied.used"),
    ]
    assert [(row["proposal_id"], row["unit_id"], row["hours"], row["emphasis"]) for row in rows] == [
        (second["id"], str(league.association), "3", "Terveys"),
        (first["id"], str(league.central), "50", ""),
        (first["id"], str(league.district), "7", ""),
    ]
    assert {row["organisation_name"] for row in rows} == {"Marttaliitto", "Hämeen piiri"}
    assert (rows[1]["reference"], rows[1]["state"]) == (first["reference"], "decided")
    assert [row["hours"] for row in rows_of(league.manager, PROPOSALS, rows="lines", year=2025)] == ["3"]
    assert rows_of(league.manager, PROPOSALS, rows="lines", state="submitted") == []
    refused = league.main_user.get(PROPOSALS, params={"rows": "lines"})
    assert refusal(refused) == (422, "validation")
    assert [(error["parameter"], error["code"]) for error in refused.json()["errors"]] == [("rows", "only-in-csv")]


def test_a_csv_has_what_its_reader_reaches(centre: Centre, central: UUID, main_user: Person, staff: Person) -> None:
    other = centre.organisation(name="Toinen")
    unit = centre.organisation(central)
    assert {row["id"] for row in rows_of(main_user, ORGANISATIONS)} == {str(central), str(unit)}
    assert {row["id"] for row in rows_of(centre.main_user(other), ORGANISATIONS)} == {str(other)}
    assert len(rows_of(staff, ORGANISATIONS)) == 3
    assert rows_of(centre.person(), ORGANISATIONS) == []
    unreached = main_user.get(f"/v1/organisations/{other}/hour-transfers", headers=AS_CSV)
    assert refusal(unreached) == (404, "not-found")


def test_a_program_reads_csv_with_the_scope_of_the_list(centre: Centre, central: UUID, main_user: Person) -> None:
    centre.post(2023, pool_change(100), supplementary_grant(central, 10))
    key = program(centre, made(main_user, central, scopes=["hours:read"]))
    assert [row["hours"] for row in rows_of(key, TRANSFERS)] == ["10"]
    assert refusal(key.get(ORGANISATIONS, headers=AS_CSV)) == (403, "forbidden")


def test_head_has_the_headers_and_no_rows(main_user: Person) -> None:
    got, head = csv_of(main_user, ORGANISATIONS), main_user.client.head(ORGANISATIONS, headers=AS_CSV)
    assert (head.status_code, head.content) == (200, b"")
    own = {"x-request-id", "date", "transfer-encoding"}
    assert {name: head.headers[name] for name in head.headers if name not in own} == {
        name: got.headers[name] for name in got.headers if name not in own
    }


def transfers(centre: Centre, number: int, cause_type: str = "test") -> list[str]:
    """Transfers of an hour to the pool and back, in turn; their ids, the newest first."""
    centre.post(2023, pool_change(1))
    centre.owner.execute(
        "INSERT INTO hour_transfers (id, year, kind, hours, from_account, to_account, cause_type, cause_id, made_at, "
        "retry_key, ordinal) SELECT gen_random_uuid(), year, kind, hours, "
        "CASE WHEN number %% 2 = 1 THEN to_account ELSE from_account END, "
        "CASE WHEN number %% 2 = 1 THEN from_account ELSE to_account END, "
        "%s, cause_id, made_at, retry_key, number FROM hour_transfers, generate_series(3, %s) AS number",
        [cause_type, number + 2],
    )
    return [str(row[0]) for row in centre.rows("SELECT id FROM hour_transfers ORDER BY position DESC")]


@pytest.fixture
def many(centre: Centre) -> list[str]:
    """More than the buffers between the service and a caller who takes nothing: 10,000 rows of 2 kB."""
    return transfers(centre, 10_000, "x" * 2_000)


@contextmanager
def receiving(person: Person, path: str) -> Iterator[Iterator[bytes]]:
    """A CSV of which the caller takes as much as it wants."""
    person.client.event_hooks = {}
    with person.client.stream("GET", path, headers=AS_CSV) as answer:
        assert answer.status_code == 200
        yield answer.iter_bytes()


def ids_in(content: bytes) -> list[str]:
    return [row["id"] for row in csv.DictReader(io.StringIO(content.decode(), newline=""))]


READING = "FROM pg_stat_activity WHERE query LIKE '%parts%' AND pid <> pg_backend_pid()"


def of_database(database: Addresses, statement: str) -> list[Any]:
    with psycopg.connect(database.admin, autocommit=True) as admin:
        return admin.execute(f"SELECT {statement} {READING}").fetchall()


def until_nothing_is_read(database: Addresses) -> None:
    began = time.monotonic()
    while of_database(database, "pid"):
        assert time.monotonic() < began + 20


def test_a_csv_is_one_snapshot(centre: Centre, many: list[str], staff: Person) -> None:
    with receiving(staff, TRANSFERS) as chunks:
        content = next(chunks)
        centre.post(2023, pool_change(5))
        centre.owner.execute("UPDATE hour_transfers SET cause_type = 'changed' WHERE id = %s", [many[-1]])
        content += b"".join(chunks)
    assert ids_in(content) == many
    assert b"changed" not in content
    assert b"changed" in csv_of(staff, TRANSFERS).content.splitlines()[-1]


def test_a_csv_that_breaks_off_is_no_complete_file(many: list[str], staff: Person, database: Addresses) -> None:
    with receiving(staff, TRANSFERS) as chunks:
        received = [next(chunks)]
        assert of_database(database, "pg_terminate_backend(pid)") == [(True,)]
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            received.extend(chunks)
    assert many[0].encode() in received[0]


def test_who_hangs_up_or_asks_for_headers_is_read_nothing_more(
    many: list[str], staff: Person, database: Addresses
) -> None:
    assert many
    with receiving(staff, TRANSFERS) as chunks:
        next(chunks)
        assert len(of_database(database, "pid")) == 1
    until_nothing_is_read(database)
    assert staff.client.head(TRANSFERS, headers=AS_CSV).headers["Content-Disposition"]
    until_nothing_is_read(database)


def test_a_caller_receives_two_at_the_same_time(many: list[str], staff: Person, database: Addresses) -> None:
    assert many
    with receiving(staff, TRANSFERS) as one, receiving(staff, TRANSFERS) as other:
        next(one)
        next(other)
        refused = staff.get(TRANSFERS, headers=AS_CSV)
        assert refusal(refused) == (429, "rate-limited")
        assert (refused.json()["limit"], refused.json()["most"]) == ("csv", MOST_CSV)
        assert staff.get(TRANSFERS).status_code == 200
    until_nothing_is_read(database)
    assert csv_of(staff, ORGANISATIONS).text.startswith("id,")


@pytest.mark.long
def test_many_rows_are_complete_and_in_order_in_flat_memory(centre: Centre, staff: Person, tmp_path: Path) -> None:
    """The service runs in this process. The rows as Python has them take about 60 MB."""
    expected = transfers(centre, 50_000)
    file = tmp_path / "hour-transfers.csv"
    memory = []
    with receiving(staff, TRANSFERS) as chunks, file.open("wb") as opened:
        for chunk in chunks:
            opened.write(chunk)
            memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * PAGESIZE)
    assert max(memory) - memory[0] < 10 * 2**20
    assert ids_in(file.read_bytes()) == expected


def test_who_takes_too_long_is_cut_off(
    many: list[str], staff: Person, database: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert many
    monkeypatch.setattr(csv_lists, "LONGEST_SECONDS", 1)
    with receiving(staff, TRANSFERS) as chunks:
        next(chunks)
        until_nothing_is_read(database)
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            list(chunks)


def test_a_service_that_sends_as_many_as_it_can_is_busy(
    centre: Centre, many: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert many
    monkeypatch.setattr(connections, "MOST_SNAPSHOTS", 1)
    with serving(create_app(settings)) as address:
        centre.address = address
        with receiving(centre.staff(), TRANSFERS) as chunks:
            next(chunks)
            monkeypatch.setattr(connections, "WAIT_SECONDS", 0.1)
            busy = centre.staff().get(TRANSFERS, headers=AS_CSV)
            assert refusal(busy) == (503, "busy")
            assert busy.headers["Retry-After"] == "1"
