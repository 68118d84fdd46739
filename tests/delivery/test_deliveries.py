"""Mails are handed over until a server takes them, reports that the mailbox does not exist, or refuses them often."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.delivery.smtp import ServerAwayError
from app.local.embedded_postgres import Addresses
from app.services.delivery.deliveries import obstructed
from tests.builders import Centre, refusal
from tests.delivery.events import Deliver, Make, happen, readers, states
from tests.mail_server import ACCEPTED, MailServer, mail_server


def test_only_a_mailbox_that_does_not_exist_ends_a_mail(centre: Centre, make: Make, deliver: Deliver) -> None:
    people = readers(centre, 6)
    answers = {
        str(person.id): answer
        for person, answer in zip(
            people,
            [
                "550 5.1.1 No such mailbox",
                "550 No such mailbox",
                "550 5.7.1 You are not welcome",
                "552 5.2.2 The mailbox is full",
                "451 4.3.0 Later",
                ACCEPTED,
            ],
            strict=True,
        )
    }
    with mail_server(MailServer(on_recipient=lambda address: answers[address.partition("@")[0]])) as server:
        make()
        deliver(server, pause=3600)
    assert states(centre) == ["refused", "refused", "due", "due", "due", "sent"]
    refused = centre.rows("SELECT id FROM persons WHERE mail_refused_at IS NOT NULL")
    assert {row[0] for row in refused} == {people[0].id, people[1].id}
    [(answer, attempts, waits)] = centre.rows(
        "SELECT answer, attempts, next_attempt_at > clock_timestamp() + interval '59 min' FROM mails "
        "WHERE person_id = %s",
        people[4].id,
    )
    assert (answer, attempts, waits) == ("451 4.3.0 Later", 1, True)
    # One connection for all of them.
    assert server.connections == 1


def test_a_mail_refused_for_now_is_handed_over_again(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 3)
    refusals = iter(["450 4.2.0 Greylisted"] * 3)
    with mail_server(MailServer(on_mail=lambda _: next(refusals, ACCEPTED))) as server:
        make()
        deliver(server, rounds=3)
    assert states(centre) == ["sent"] * 3
    assert set(server.copies().values()) == {1}


@pytest.mark.parametrize("at", ["recipient", "end of the mail"])
@pytest.mark.parametrize("answer", ["454 4.7.1 Relay access denied", "530 5.7.0 Not for you", "535 5.7.8 Not for you"])
def test_a_refusal_of_one_mail_holds_up_no_other(
    centre: Centre, make: Make, deliver: Deliver, at: str, answer: str
) -> None:
    """Whatever its code: only replies before the recipient are about all mails."""
    refused, *_ = readers(centre, 3)

    def refuse(address: str) -> str:
        return answer if address.startswith(str(refused.id)) else ACCEPTED

    with mail_server(MailServer(on_recipient=refuse) if at == "recipient" else MailServer(on_mail=refuse)) as server:
        make()
        deliver(server, pause=3600)
    assert states(centre) == ["due", "sent", "sent"]
    waits = "next_attempt_at > clock_timestamp() + interval '59 min'"
    assert centre.rows(f"SELECT answer, attempts, {waits} FROM mails WHERE state = 'due'") == [(answer, 1, True)]
    assert centre.rows("SELECT obstacle FROM mail_obstacles") == []


@pytest.mark.parametrize("at", ["recipient", "end of the mail"])
def test_a_server_that_hangs_delays_only_its_one_mail(centre: Centre, make: Make, deliver: Deliver, at: str) -> None:
    hanging, *_ = readers(centre, 3)

    def hang(address: str) -> str:
        return "" if address.startswith(str(hanging.id)) else ACCEPTED

    with mail_server(MailServer(on_recipient=hang) if at == "recipient" else MailServer(on_mail=hang)) as server:
        make()
        deliver(server, seconds=0.5, pause=3600)
    assert states(centre) == ["due", "sent", "sent"]
    assert centre.rows("SELECT answer FROM mails ORDER BY id LIMIT 1") == [("no answer in time",)]
    server.on_recipient = server.on_mail = lambda _: ACCEPTED
    centre.owner.execute("UPDATE mails SET next_attempt_at = now()")
    with mail_server(server):
        deliver(server)
    assert states(centre) == ["sent"] * 3
    assert list(server.copies().values()) == [1, 1, 1]


@pytest.mark.parametrize("away", ["refuses to connect", "never greets"])
def test_a_server_that_is_away_costs_no_mail_an_attempt(
    centre: Centre, make: Make, deliver: Deliver, away: str
) -> None:
    readers(centre, 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MailServer(port=silent.getsockname()[1])
        make()
        if away == "refuses to connect":
            silent.close()
        with pytest.raises(ServerAwayError):
            deliver(server, seconds=0.5)
    assert centre.rows("SELECT DISTINCT state, attempts, worker_id FROM mails") == [("due", 0, None)]
    with mail_server(server):
        deliver(server)
        deliver(server)
    assert states(centre) == ["sent", "sent"]
    assert list(server.copies().values()) == [1, 1]


def test_a_mailbox_that_does_not_exist_is_noted_until_a_mail_is_taken_again(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    (person,) = readers(centre, 1)
    staff = centre.staff()

    def refused_at() -> str | None:
        noted: str | None = person.get("/v1/me/mail-preferences").json()["mail_refused_at"]
        return noted

    server = MailServer(on_recipient=lambda _: "550 5.1.1 No such mailbox")
    with mail_server(server):
        make()
        assert refused_at() is None
        deliver(server)
        assert refused_at()
        (refused,) = staff.get("/v1/mails", params={"state": "refused"}).json()["items"]
        assert refused["person_id"] == str(person.id)
        assert refused["address"] == f"{person.id}@example.org"
        assert refused["answer"] == "550 5.1.1 No such mailbox"
        server.on_recipient = lambda _: "451 4.3.0 Later"
        happen(centre, "role-grant.given", person_id=str(person.id), role="main_user")
        make()
        deliver(server, pause=3600)
        assert refused_at()
        server.on_recipient = lambda _: ACCEPTED
        centre.owner.execute("UPDATE mails SET next_attempt_at = now()")
        deliver(server)
    assert refused_at() is None
    assert states(centre) == ["refused", "sent"]
    # A mail that was refused for good is not sent again.
    assert len(server.mails) == 1


def test_an_address_that_no_mail_can_be_sent_to_is_refused(centre: Centre, make: Make, deliver: Deliver) -> None:
    people = readers(centre, 5)
    for person, address in zip(people, ["ä@ö.example", "a@", "@x", "a\r\nb@x.example", "a@ö.example"], strict=True):
        centre.owner.execute(
            "UPDATE persons SET email = %s, verified_email = %s WHERE id = %s", [address, address, person.id]
        )
    with mail_server() as server:
        make()
        deliver(server)
    assert states(centre) == ["refused"] * 4 + ["sent"]
    assert server.recipients == ["a@xn--nda.example"]


def test_a_mail_that_cannot_be_composed_delays_no_other(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 3)
    with mail_server() as server:
        make()
        ((first,), *_) = centre.rows("SELECT id FROM mails ORDER BY next_attempt_at, id")
        broken = Jsonb([{"uid": "1", "day": "no day", "title": "Aino"}])
        centre.owner.execute("UPDATE mails SET dates = %s WHERE id = %s", [broken, first])
        deliver(server, pause=3600)
    assert len(server.mails) == 2
    kept = centre.rows("SELECT state, attempts, answer FROM mails WHERE id = %s", first)
    assert kept == [("due", 1, "it could not be composed or handed over: ValueError")]


@pytest.mark.parametrize(("code", "state"), [("250 2.0.0", "sent"), ("451 4.3.0", "due"), ("550 5.1.1", "refused")])
def test_a_reply_is_kept_without_the_characters_that_the_database_refuses(
    centre: Centre, make: Make, deliver: Deliver, code: str, state: str
) -> None:
    readers(centre, 1)
    answer = f"{code} Said\0 so"
    server = MailServer(on_mail=lambda _: answer) if state == "sent" else MailServer(on_recipient=lambda _: answer)
    with mail_server(server):
        make()
        deliver(server, pause=3600)
    assert centre.rows("SELECT state, answer FROM mails") == [(state, f"{code} Said so")]


def test_simultaneous_workers_send_nothing_twice(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 40)
    with mail_server() as server:
        make()
        with ThreadPoolExecutor(4) as pool:
            for delivered in [pool.submit(deliver, server, rounds=3) for _ in range(4)]:
                delivered.result()
    assert states(centre) == ["sent"] * 40
    assert set(server.copies().values()) == {1}
    assert len(server.mails) == 40


@pytest.fixture
def cut(database: Addresses) -> Callable[[str], None]:
    """End the database sessions that hand mails over."""

    def end(_: str) -> None:
        with psycopg.connect(database.admin, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE query LIKE 'UPDATE mails SET worker_id=%%' AND datname = %s",
                [conninfo_to_dict(database.owner)["dbname"]],
            )

    return end


@pytest.mark.parametrize("others", [0, 2])
def test_a_database_that_fails_after_the_250_makes_no_second_copy(
    centre: Centre, cut: Callable[[str], None], make: Make, deliver: Deliver, others: int
) -> None:
    readers(centre, 3)
    server = MailServer()

    def once(address: str) -> None:
        server.on_taken = lambda _: None
        cut(address)

    def another_worker() -> None:
        assert states(centre).count("sent") == 0
        for _ in range(others):
            deliver(server)
        # All but the mail that the other worker has.
        assert states(centre).count("sent") == (2 if others else 0)

    server.on_taken = once
    with mail_server(server):
        make()
        deliver(server, rounds=2, surviving=(psycopg.Error,), between=another_worker)
    assert states(centre) == ["sent"] * 3
    assert list(server.copies().values()) == [1, 1, 1]


def test_the_mail_of_a_worker_that_died_is_handed_over_by_another(
    centre: Centre, cut: Callable[[str], None], make: Make, deliver: Deliver
) -> None:
    readers(centre, 1)
    server = MailServer(on_taken=cut)
    with mail_server(server):
        make()
        # It ends between the 250 and the commit: the only moment that makes a second copy of itself.
        deliver(server, surviving=(psycopg.Error,))
        server.on_taken = lambda _: None
        deliver(server)
        assert states(centre) == ["due"]
        centre.owner.execute("UPDATE mails SET taken_at = taken_at - interval '30 s'")
        deliver(server)
        assert states(centre) == ["due"]
        centre.owner.execute("UPDATE mails SET taken_at = taken_at - interval '30 s'")
        deliver(server)
    assert states(centre) == ["sent"]
    assert list(server.copies().values()) == [2]


@pytest.mark.parametrize("keeps_its_250", ["silent", "hanging up"])
def test_a_250_that_never_comes_leaves_the_mail_due_and_its_copy_is_the_same_mail(
    centre: Centre, make: Make, deliver: Deliver, keeps_its_250: Literal["silent", "hanging up"]
) -> None:
    """SMTP cannot prevent it (RFC 5321 §4.5.3.2.6, RFC 1047): a mail is never lost, but may come twice."""
    readers(centre, 1)
    server = MailServer(keeps_its_250=keeps_its_250)
    with mail_server(server):
        make()
        deliver(server, seconds=0.5, pause=3600)
        reported = {"silent": "no answer in time", "hanging up": "the connection was lost"}[keeps_its_250]
        assert centre.rows("SELECT state, attempts, answer FROM mails") == [("due", 1, reported)]
        server.keeps_its_250 = ""
        centre.owner.execute("UPDATE mails SET next_attempt_at = now()")
        deliver(server)
        deliver(server)
    assert states(centre) == ["sent"]
    assert list(server.copies().values()) == [2]


def test_a_killed_workers_mail_waits_for_a_minute(
    database: Addresses, centre: Centre, make: Make, deliver: Deliver
) -> None:
    readers(centre, 1)
    server = MailServer(on_recipient=lambda _: "")
    with mail_server(server):
        make()
        command = [sys.executable, "-m", "tests.delivery.dying_worker", database.service, str(centre.id)]
        with subprocess.Popen([*command, str(server.port)]) as worker:
            try:
                until = time.monotonic() + 30
                while not server.asked and time.monotonic() < until:
                    time.sleep(0.05)
            finally:
                worker.kill()
        server.on_recipient = lambda _: ACCEPTED
        deliver(server)
        assert states(centre) == ["due"]
        # As if 59 seconds passed, and then another.
        centre.owner.execute("UPDATE mails SET taken_at = clock_timestamp() - interval '59 s'")
        deliver(server)
        assert states(centre) == ["due"]
        centre.owner.execute("UPDATE mails SET taken_at = taken_at - interval '1 s'")
        deliver(server)
    assert states(centre) == ["sent"]
    assert list(server.copies().values()) == [1]


def test_a_worker_that_lives_keeps_its_mail_as_long_as_the_server_takes(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    readers(centre, 1)
    with mail_server(MailServer(on_mail=lambda _: "")) as slow, mail_server() as other, ThreadPoolExecutor(1) as pool:
        make()
        first = pool.submit(deliver, slow, seconds=2, pause=3600, lease=0.4)
        time.sleep(1.2)
        deliver(other, lease=0.4)
        first.result()
    assert other.mails == []
    assert centre.rows("SELECT state, answer FROM mails") == [("due", "no answer in time")]


@pytest.mark.parametrize("at", ["recipient", "end of the mail"])
def test_a_permanent_refusal_is_given_up_after_five_tries(
    centre: Centre, make: Make, deliver: Deliver, at: str
) -> None:
    readers(centre, 1)
    staff = centre.staff()

    def refuse(_: str) -> str:
        return "554 5.7.1 You are not welcome"

    with mail_server(MailServer(on_recipient=refuse) if at == "recipient" else MailServer(on_mail=refuse)) as server:
        make()
        for tries in range(1, 7):
            deliver(server, pause=3600)
            assert states(centre) == ["due" if tries < 5 else "refused"]
            centre.owner.execute("UPDATE mails SET next_attempt_at = now()")
    assert len(server.asked) == 5
    (mail,) = staff.get("/v1/mails", params={"state": "refused"}).json()["items"]
    assert (mail["attempts"], mail["answer"]) == (5, "554 5.7.1 You are not welcome")
    assert mail["concluded_at"]
    # The mailbox may exist.
    assert centre.rows("SELECT 1 FROM persons WHERE mail_refused_at IS NOT NULL") == []


def test_a_mail_refused_for_now_is_given_up_after_five_days(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 1)
    with mail_server(MailServer(on_mail=lambda _: "451 4.3.0 Later")) as server:
        make()
        for passed, state in (*[("0", "due")] * 8, ("4 days 23 hours", "due"), ("1 hour", "refused")):
            centre.owner.execute(
                "UPDATE mails SET next_attempt_at = now(), first_attempt_at = first_attempt_at - %s::interval", [passed]
            )
            deliver(server, pause=3600)
            assert states(centre) == [state]
    assert len(server.mails) == 0


def test_what_refuses_all_mails_is_not_blamed_on_each_and_shown_to_staff(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    readers(centre, 2)
    staff = centre.staff()

    def shown() -> list[tuple[str, str, str]]:
        tasks = staff.get("/v1/me/tasks", params={"kind": "mails_obstructed"}).json()["items"]
        return [(task["title"], task["state"], task["call"]["path"]) for task in tasks]

    server = MailServer(on_sender=lambda _: "550 5.7.1 We do not send for you")
    with mail_server(server):
        make()
        assert shown() == []
        assert staff.get("/v1/mail-delivery").json() == {"obstacle": None, "answer": None, "since": None}
        begun = datetime.now(UTC)
        for _ in range(6):
            with pytest.raises(ServerAwayError):
                deliver(server)
        assert centre.rows("SELECT DISTINCT state, attempts, worker_id FROM mails") == [("due", 0, None)]
        for reader in (staff, centre.person("auditor")):
            seen = reader.get("/v1/mail-delivery").json()
            assert (seen["obstacle"], seen["answer"]) == ("sender", "550 5.7.1 We do not send for you")
            since = datetime.fromisoformat(seen["since"])
            assert begun - timedelta(seconds=1) <= since <= datetime.now(UTC), "In real time, since the first."
        assert refusal(centre.person().get("/v1/mail-delivery")) == (403, "forbidden")
        title = "Sähköpostit eivät lähde: sähköpostipalvelin ei hyväksy lähettäjän osoitetta"
        assert shown() == [(title, "open", "/v1/mail-delivery")]
        assert obstructed_now() == {"sender"}
        # What stood in the way before no longer matters.
        server.on_sender = lambda _: "451 4.3.0 Later"
        with pytest.raises(ServerAwayError):
            deliver(server)
        assert [title for title, *_ in shown()] == ["Sähköpostit eivät lähde: sähköpostipalvelin ei vastaa"]
        server.on_sender = lambda _: ACCEPTED
        deliver(server)
    assert states(centre) == ["sent", "sent"]
    assert shown() == []
    assert staff.get("/v1/mail-delivery").json() == {"obstacle": None, "answer": None, "since": None}
    assert obstructed_now() == set()


def test_what_stood_in_the_way_is_past_once_no_mail_waits(centre: Centre, make: Make, deliver: Deliver) -> None:
    staff = centre.staff()
    (person,) = readers(centre, 1)
    server = MailServer(on_sender=lambda _: "550 5.7.1 We do not send for you")
    with mail_server(server):
        make()
        for _ in range(2):
            with pytest.raises(ServerAwayError):
                deliver(server)
        # Another worker has the mail in hand.
        centre.owner.execute("UPDATE mails SET worker_id = %s, taken_at = now()", [new_id()])
        deliver(server)
        assert centre.rows("SELECT obstacle FROM mail_obstacles") == [("sender",)]
        erased = staff.post(f"/v1/people/{person.id}/erasure", {"reason": "Pyysi"})
        assert erased.is_success, erased.text
        deliver(server)
    assert centre.rows("SELECT obstacle FROM mail_obstacles") == []


def obstructed_now() -> set[str]:
    (metric,) = obstructed.collect()
    return {sample.labels["obstacle"] for sample in metric.samples if sample.value}


def test_a_server_that_ends_a_connection_after_some_mails_is_called_again(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    readers(centre, 5)
    server = MailServer()
    server.on_sender = lambda _: "421 4.7.0 Enough" if len(server.mails) == 3 and server.connections == 1 else ACCEPTED
    with mail_server(server):
        make()
        deliver(server)
    assert states(centre) == ["sent"] * 5
    assert server.connections == 2
    assert {attempts for (attempts,) in centre.rows("SELECT attempts FROM mails")} == {1}


def test_mails_go_to_the_address_that_was_verified_last(centre: Centre, make: Make, deliver: Deliver) -> None:
    changed, verified = readers(centre, 2)
    with mail_server() as server:
        make()
        # After the mails were made: where they go is decided when they are handed over.
        changed.patch("/v1/me", {"email": "toinen@example.org"})
        centre.owner.execute(
            "UPDATE persons SET email = %(new)s, verified_email = %(new)s, verified_email_key = %(new)s "
            "WHERE id = %(id)s",
            {"new": "uusi@example.org", "id": verified.id},
        )
        deliver(server)
    news_and_notice, link = [f"{changed.id}@example.org"] * 2, "toinen@example.org"
    assert sorted(server.recipients) == sorted([*news_and_notice, link, "uusi@example.org"])


def test_a_notice_of_a_change_goes_to_the_former_address_even_if_the_new_one_is_verified_meanwhile(
    centre: Centre, deliver: Deliver
) -> None:
    person = centre.person()
    person.patch("/v1/me", {"email": "uusi@example.org"})
    centre.owner.execute(
        "UPDATE persons SET verified_email = email, verified_email_key = email WHERE id = %s", [person.id]
    )
    with mail_server() as server:
        deliver(server)
    assert sorted(server.recipients) == sorted([f"{person.id}@example.org", "uusi@example.org"])


def test_a_person_without_a_verified_address_gets_the_link_and_nothing_else(
    centre: Centre, make: Make, deliver: Deliver
) -> None:
    reader, other = readers(centre, 2)
    centre.owner.execute(
        "UPDATE persons SET verified_email = NULL, verified_email_key = NULL, verified_at = NULL WHERE id = %s",
        [reader.id],
    )
    with mail_server() as server:
        make()
        assert reader.post("/v1/me/email-verification").status_code == 200
        deliver(server)
    assert sorted(server.recipients) == sorted([f"{reader.id}@example.org", f"{other.id}@example.org"])
    sent = centre.rows("SELECT event, person_id FROM mails WHERE address = %s", f"{reader.id}@example.org")
    assert sent == [("email-verification.sent", None)], "The link goes to an address, which is nobody's yet."
