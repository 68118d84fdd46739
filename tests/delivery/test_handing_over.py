"""Mails handed over until a server takes them, or says that there is no such mailbox."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.embedded_postgres import Addresses
from tests.builders import Centre
from tests.delivery.events import Deliver, Make, readers, states
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


def test_a_mail_that_was_put_off_comes_once_the_server_takes_it(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 3)
    refusals = iter(["450 4.2.0 Greylisted"] * 3)
    with mail_server(MailServer(on_mail=lambda _: next(refusals, ACCEPTED))) as server:
        make()
        deliver(server, rounds=3)
    assert states(centre) == ["sent"] * 3
    assert set(server.copies().values()) == {1}


def test_a_server_that_hangs_holds_up_its_one_mail_alone(centre: Centre, make: Make, deliver: Deliver) -> None:
    hanging, *_ = readers(centre, 3)
    server = MailServer(on_recipient=lambda address: "" if address.startswith(str(hanging.id)) else ACCEPTED)
    with mail_server(server):
        make()
        deliver(server, seconds=0.5, pause=3600)
    assert states(centre) == ["due", "sent", "sent"]
    assert centre.rows("SELECT answer FROM mails ORDER BY id LIMIT 1") == [("no answer in time",)]
    server.on_recipient = lambda _: ACCEPTED
    centre.owner.execute("UPDATE mails SET next_attempt_at = now()")
    with mail_server(server):
        deliver(server)
    assert states(centre) == ["sent"] * 3


def test_a_server_that_is_away_costs_no_mail_an_attempt(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 2)
    with mail_server() as server:
        pass
    make()
    with pytest.raises(Exception, match="no connection"):
        deliver(server)
    assert centre.rows("SELECT DISTINCT state, attempts FROM mails") == [("due", 0)]


def test_an_address_that_no_mail_can_be_sent_to_is_refused(centre: Centre, make: Make, deliver: Deliver) -> None:
    people = readers(centre, 5)
    for person, address in zip(people, ["ä@ö.example", "a@", "@x", "a\r\nb@x.example", "a@ö.example"], strict=True):
        centre.owner.execute("UPDATE persons SET email = %s WHERE id = %s", [address, person.id])
    with mail_server() as server:
        make()
        deliver(server)
    assert states(centre) == ["refused"] * 4 + ["sent"]
    assert server.recipients == ["a@xn--nda.example"]


def test_a_mail_that_cannot_be_composed_holds_up_no_other(centre: Centre, make: Make, deliver: Deliver) -> None:
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
def test_an_answer_that_no_text_can_hold_is_kept_without_it(
    centre: Centre, make: Make, deliver: Deliver, code: str, state: str
) -> None:
    readers(centre, 1)
    answer = f"{code} Said\0 so"
    server = MailServer(on_mail=lambda _: answer) if state == "sent" else MailServer(on_recipient=lambda _: answer)
    with mail_server(server):
        make()
        deliver(server, pause=3600)
    assert centre.rows("SELECT state, answer FROM mails") == [(state, f"{code} Said so")]


def test_workers_at_once_send_nothing_twice(centre: Centre, make: Make, deliver: Deliver) -> None:
    readers(centre, 40)
    with mail_server() as server:
        make()
        with ThreadPoolExecutor(4) as pool:
            for delivered in [pool.submit(deliver, server, rounds=3) for _ in range(4)]:
                delivered.result()
    assert states(centre) == ["sent"] * 40
    assert set(server.copies().values()) == {1}
    assert len(server.mails) == 40


def test_a_database_that_fails_after_the_250_makes_no_second_copy(
    centre: Centre, database: Addresses, make: Make, deliver: Deliver
) -> None:
    readers(centre, 2)

    def cut(_: str) -> None:
        """Ends the connection that hands over, once."""
        server.on_taken = lambda _: None
        with psycopg.connect(database.admin, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE state = 'idle in transaction' AND query LIKE '%%FROM mails%%'"
            )

    server = MailServer(on_taken=cut)
    with mail_server(server):
        make()
        deliver(server, rounds=2, surviving=(psycopg.Error,))
    assert states(centre) == ["sent", "sent"]
    assert list(server.copies().values()) == [1, 1]
