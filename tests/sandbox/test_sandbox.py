"""The sandbox's clock, reset and mailbox, which do not exist elsewhere."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.db.identifiers import new_id
from app.main import create_app
from app.sandbox.demo.references import MADE_AT
from app.settings import Settings
from tests.builders import refusal
from tests.sandbox import Sandbox
from tests.server import serving

CLOCK = "/v1/sandbox/clock"


def test_the_sandboxs_operations_do_not_exist_elsewhere(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"sandbox": False}))
    with serving(app) as address:
        for path in ("people", "clock", "mailbox"):
            assert refusal(httpx.get(f"{address}/v1/sandbox/{path}")) == (404, "not-found")
        assert refusal(httpx.post(f"{address}/v1/sandbox/reset")) == (404, "not-found")
        assert "sandbox" not in str(list(httpx.get(f"{address}/openapi.json").json()["paths"]))


def test_the_sandboxs_operations_are_in_its_document_and_need_no_token(sandbox: Sandbox) -> None:
    paths = sandbox.client.get("/openapi.json").json()["paths"]
    operations = [operation for path in paths if path.startswith("/v1/sandbox/") for operation in paths[path].values()]
    assert len(operations) == 10
    for operation in operations:
        assert operation["security"] == []
        assert not {"401", "403"} & operation["responses"].keys()


def test_the_clock_keeps_its_time_until_it_is_released(sandbox: Sandbox) -> None:
    answer = sandbox.client.put(CLOCK, json={"now": "2023-03-12T22:00:00Z"})
    assert (answer.status_code, answer.json()) == (200, {"now": "2023-03-13T00:00:00+02:00", "standing": True})
    assert sandbox.client.get(CLOCK).json() == answer.json()
    person = sandbox.person("staff@example.org")
    states = {d["kind"]: d["state"] for d in person.get("/v1/calendars/2023").json()["items"]}
    assert states["cost_statement"] == "closed"
    assert states["proposal_round"] == "upcoming"
    assert sandbox.client.delete(CLOCK).status_code == 204
    real = sandbox.client.get(CLOCK).json()
    assert real["standing"] is False
    assert abs(datetime.fromisoformat(real["now"]) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("query", ["people?email=a%00b", "mailbox?to=%00"])
def test_text_that_the_database_cannot_store_is_a_fault_of_shape(sandbox: Sandbox, query: str) -> None:
    assert refusal(sandbox.client.get(f"/v1/sandbox/{query}")) == (422, "validation")


@pytest.mark.parametrize(
    "now",
    [
        "1999-12-31T23:59:59+02:00",
        "2101-01-01T00:00:00+02:00",
        "2100-12-31T23:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
        "2023-03-13T00:00:00",
        "2023-03-13",
        "soon",
        1678658400,
        None,
    ],
)
def test_the_clock_is_set_within_the_known_years(sandbox: Sandbox, now: object) -> None:
    assert refusal(sandbox.client.put(CLOCK, json={"now": now})) == (422, "validation")


def test_a_reset_restores_everything(sandbox: Sandbox) -> None:
    tables = ("persons", "organisations", "hour_transfers", "hour_proposals", "deadlines", "role_grants")
    sandbox.reset()
    before = {table: sandbox.rows(f"SELECT id FROM {table} ORDER BY id") for table in tables}
    sandbox.clock("2023-03-14T12:00:00+02:00")
    email = f"{new_id()}@example.org"
    body = {"name": "Uusi Ihminen", "email": email, "roles": [{"role": "staff", "organisation_id": None}]}
    assert sandbox.client.post("/v1/sandbox/people", json=body).status_code == 201
    newcomer = sandbox.person(email)
    assert newcomer.get("/v1/me").status_code == 200
    assert newcomer.get("/v1/hour-pools/2023").status_code == 200
    sandbox.reset()
    assert {table: sandbox.rows(f"SELECT id FROM {table} ORDER BY id") for table in tables} == before
    assert sandbox.client.get(CLOCK).json()["standing"] is False
    # The token is still valid, but nobody knows its subject any more.
    assert refusal(newcomer.get("/v1/me")) == (403, "not-registered")


def test_a_reset_gives_the_same_references(sandbox: Sandbox) -> None:
    def references() -> list[tuple[Any, ...]]:
        return [row for table in MADE_AT for row in sandbox.rows(f"SELECT id, reference FROM {table} ORDER BY id")]

    sandbox.reset()
    before = references()
    main_user = sandbox.person("paakayttaja@example.org")
    sandbox.clock("2023-10-16T12:00:00+03:00")
    [organisation] = main_user.get("/v1/me").json()["organisations"]
    draft = {"organisation_id": organisation["id"], "year": 2024, "lines": []}
    made = main_user.post("/v1/hour-proposals", draft)
    assert made.status_code == 201, made.text
    assert made.json()["reference"] not in {reference for _, reference in before}
    sandbox.reset()
    assert references() == before
    assert len({reference for _, reference in before}) == len(before) > 300
    sandbox.clock("2023-10-16T12:00:00+03:00")
    assert main_user.post("/v1/hour-proposals", draft).json()["reference"] == made.json()["reference"]


def test_a_reset_keeps_the_sandboxs_own_keys(sandbox: Sandbox) -> None:
    names = {"badge-key.pem", "seal-key.pem", "seal-certificate.pem", "identity.key"}

    def keys() -> tuple[dict[str, bytes], Any]:
        files = {file.name: file.read_bytes() for file in sandbox.folder.iterdir() if file.name in names}
        return files, sandbox.client.get("/v1/public/demo/badges/keys").json()["keys"]

    before = keys()
    assert before[0].keys() == names
    sandbox.reset()
    assert keys() == before


def test_a_reset_works_while_requests_run(sandbox: Sandbox) -> None:
    staff = sandbox.person("staff@example.org")
    done = threading.Event()

    def work(number: int) -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(staff.get("/v1/supplementary-hour-requests").status_code)
            seen.add(staff.put("/v1/hour-pools/2030", {"hours": number}).status_code)
        return seen

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(work, number) for number in range(3)]
        answer = sandbox.client.post("/v1/sandbox/reset")
        done.set()
        seen = set().union(*(each.result() for each in working))
    # A reset that found no room among the requests changed nothing and may be sent again.
    assert answer.status_code in {204, 503}
    assert seen <= {200, 503}
    if answer.status_code == 503:
        sandbox.reset()
    assert sandbox.rows("SELECT count(*) FROM organisations") == [(1036,)]


def test_a_decision_is_mailed_in_the_main_users_language(sandbox: Sandbox) -> None:
    sandbox.reset()
    sandbox.clock("2023-03-14T12:00:00+02:00")
    assert sandbox.client.get("/v1/sandbox/mailbox").json()["items"] == []
    staff = sandbox.person("staff@example.org")
    for email in ("paakayttaja2@example.org", "huvudanvandare@example.org"):
        main_user = sandbox.person(email)
        organisation_id = main_user.get("/v1/me").json()["organisations"][0]["id"]
        body = {"organisation_id": organisation_id, "year": 2023, "hours": 10, "grounds": "Kysyntä kasvoi"}
        request = main_user.post("/v1/supplementary-hour-requests", body).json()
        decision = {"hours": 5, "reason": "Varaa jäi"}
        path = f"/v1/supplementary-hour-requests/{request['id']}/decision"
        assert staff.post(path, decision).status_code == 200
    page = sandbox.client.get("/v1/sandbox/mailbox", params={"limit": 1})
    assert page.headers["Cache-Control"] == "no-store"
    assert page.json()["items"][0]["subject"] == "Tilläggsansökan för år 2023: delvis godkänd"
    mails = sandbox.client.get("/v1/sandbox/mailbox", params={"to": "paakayttaja2@example.org"}).json()["items"]
    assert [mail["subject"] for mail in mails] == ["Lisähaku vuodelle 2023: osittain hyväksytty"]
    assert "Haettu: 10 opetustuntia\nMyönnetty: 5 opetustuntia\n" in mails[0]["text"]
    assert "Varaa jäi" in mails[0]["text"]
    assert mails[0]["made_at"] == "2023-03-14T12:00:00+02:00"
    # Each of an organisation's main users gets the mail, here of two and of three.
    every = sandbox.client.get("/v1/sandbox/mailbox").json()["items"]
    assert len({mail["id"] for mail in every}) == len(every) == 5


def test_a_last_day_that_comes_near_is_mailed(sandbox: Sandbox) -> None:
    sandbox.reset()
    mailbox = "/v1/sandbox/mailbox?to=paakayttaja2@example.org"
    sandbox.clock("2023-03-18T00:00:00+02:00")
    assert sandbox.client.get(mailbox).json()["items"] == []
    sandbox.clock("2023-03-18T08:00:00+02:00")
    for _ in range(2):
        (mail,) = sandbox.client.get(mailbox).json()["items"]
        assert "Viimeinen päivä on 25.3.2023.\n\nAsia: lisähaku- ja palautusaika\nTuntien vuosi: 2023\n" in mail["text"]


def test_the_expiry_of_an_application_is_mailed(sandbox: Sandbox) -> None:
    sandbox.reset()
    ((expires_at, reference),) = sandbox.rows(
        "SELECT expires_at, reference FROM main_user_applications WHERE state = 'awaiting_signatures' "
        "ORDER BY expires_at LIMIT 1"
    )
    sandbox.clock(expires_at.isoformat())
    for _ in range(2):
        mails = sandbox.client.get("/v1/sandbox/mailbox", params={"limit": 100}).json()["items"]
        expired = [each["text"].splitlines() for each in mails if each["event"] == "main-user-application.expired"]
        assert [f"Viite: {reference}" in lines for lines in expired].count(True) == 1


def test_the_mailbox_names_the_letter_that_goes_with_a_mail(sandbox: Sandbox) -> None:
    sandbox.reset()
    sandbox.clock("2023-11-21T13:00:00+02:00")
    main_user = sandbox.person("huvudanvandare@example.org")
    organisation_id = main_user.get("/v1/me").json()["organisations"][0]["id"]
    body = {"year": 2024, "items": [{"organisation_id": organisation_id, "hours": 80}]}
    [made] = sandbox.person("staff@example.org").post("/v1/hour-decisions", body).json()["items"]
    mails = sandbox.client.get("/v1/sandbox/mailbox", params={"to": "huvudanvandare@example.org"}).json()["items"]
    [mail] = [each for each in mails if each["attachments"]]
    letter = main_user.get(f"/v1/hour-decisions/{made['id']}/document", params={"language": "sv"})
    name = f"beslut-{made['reference']}.pdf"
    assert mail["attachments"] == [{"name": name, "type": "application/pdf", "size": len(letter.content)}]
    size = f"{len(letter.content) / 1000:.0f}"
    for language, said in (
        ("fi", f"Liite: {name} ({size} kt)"),
        ("sv", f"Bilaga: {name} ({size} kB)"),
        ("en", f"Attachment: {name} ({size} kB)"),
    ):
        page = sandbox.client.get("/mailbox", params={"to": mail["to"], "lang": language})
        assert page.text.count(f"<p>{said}</p>") == 1
