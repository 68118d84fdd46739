"""Mails made once per person and event, and handed over until a server takes or refuses them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from icalendar import Calendar
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.embedded_postgres import Addresses
from tests.builders import Centre, Person
from tests.mail_server import ACCEPTED, MailServer, mail_server

Make = Callable[[], None]
Deliver = Callable[..., None]


def happen(centre: Centre, event: str, organisation_id: UUID | None = None, **facts: object) -> UUID:
    event_id = new_id()
    [(now,)] = centre.rows("SELECT clock_at FROM study_centres")
    centre.owner.execute(
        "INSERT INTO outbox (id, event, subject_id, organisation_id, facts, made_at) VALUES (%s, %s, %s, %s, %s, %s)",
        [event_id, event, new_id(), organisation_id, Jsonb(facts), now],
    )
    return event_id


def states(centre: Centre) -> list[str]:
    return [row[0] for row in centre.rows("SELECT state FROM mails ORDER BY id")]


def readers(centre: Centre, count: int) -> list[Person]:
    """People with a mail each that is due, once it is made."""
    people = [centre.person() for _ in range(count)]
    for person in people:
        happen(centre, "role-grant.given", person_id=str(person.id), role="main_user")
    return people


def test_a_mail_is_text_html_and_the_day_to_keep(centre: Centre, make: Make, deliver: Deliver) -> None:
    organisation_id = centre.organisation(name="Villasukat <ry> & Co")
    main_user = centre.main_user(organisation_id)
    happen(centre, "hour-proposal.sent-back", organisation_id, answer_by="2023-03-20")
    with mail_server() as server:
        make()
        deliver(server)
    (mail,) = server.mails
    [(mail_id,)] = centre.rows("SELECT id FROM mails")
    assert mail["To"] == f"Aino Esimerkki <{main_user.id}@example.org>"
    assert mail["From"] == "Tuntipankki <tunnit@opintokeskus.example>"
    assert mail["Message-ID"] == f"<{mail_id}@opintokeskus.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Tuntiehdotus palautettiin täydennettäväksi"
    text, html, calendar = mail.get_body(("plain",)), mail.get_body(("html",)), next(iter(mail.iter_attachments()))
    assert text
    assert html
    assert "Hei Aino Esimerkki," in text.get_content()
    assert "viimeistään 20.3.2023" in text.get_content()
    assert "Villasukat &lt;ry&gt; &amp; Co" in html.get_content()
    assert (calendar.get_content_type(), calendar["Content-Type"].params["method"]) == ("text/calendar", "PUBLISH")
    (event,) = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert event.decoded("dtstart").isoformat() == "2023-03-20"
    assert str(event["summary"]) == "Tuntiehdotuksen täydennys: Villasukat <ry> & Co"
    assert states(centre) == ["sent"]


def test_each_event_has_its_recipients(centre: Centre, make: Make) -> None:
    central = centre.organisation()
    unit = centre.organisation(central)
    main_user, manager, staff = centre.main_user(central), centre.person("unit_manager", unit), centre.staff()
    applicant, signatory = centre.person(), centre.person()
    told = {
        happen(centre, "hour-decision.made", central, year=2023, hours=5): {main_user.id},
        happen(centre, "hour-decision.made", unit, year=2023, hours=5): {manager.id},
        happen(centre, "role-application.made", unit, role="training_manager"): {main_user.id},
        happen(centre, "main-user-application.received", central): {staff.id},
        happen(centre, "main-user-application.approved", central, person_id=str(applicant.id)): {applicant.id},
        happen(
            centre,
            "main-user-application.submitted",
            central,
            person_id=str(applicant.id),
            signatory_person_id=str(signatory.id),
        ): {signatory.id},
        happen(centre, "organisation.changed", central): set(),
    }
    make()
    made = centre.rows("SELECT cause_id, person_id FROM mails")
    assert len(made) == len(set(made)) == 6
    for event_id, people in told.items():
        assert {person_id for cause_id, person_id in made if cause_id == event_id} == people
    make()
    assert len(states(centre)) == 6


def test_each_reads_of_the_organisation_in_the_own_language(centre: Centre, make: Make) -> None:
    named = centre.organisation(name="Marttaliitto", name_sv="Marthaförbundet", name_en="The Martha Association")
    finnish_alone = centre.organisation(name="Villasukat")
    people = {language: centre.main_user(named) for language in ("fi", "sv", "en")}
    for language, person in people.items():
        centre.grant(person.id, "main_user", finnish_alone)
        centre.owner.execute("UPDATE persons SET language = %s WHERE id = %s", [language, person.id])
    for organisation_id in (named, finnish_alone):
        # One that leaves at once, and a reminder that is gathered.
        happen(centre, "hour-proposal.sent-back", organisation_id, answer_by="2023-03-20")
        happen(centre, "hour-account.running-out", organisation_id, year=2023, percent=80, available=5)
    make()
    centre.clock(2023, 3, 16, 8)
    make()
    for language, name, subject, greeting in (
        ("fi", "Marttaliitto", "Tuntipankki: 2 asiaa sinulle", "Hei Aino"),
        ("sv", "Marthaförbundet", "Tuntipankki: 2 ärenden till dig", "Hej Aino"),
        ("en", "The Martha Association", "Tuntipankki: 2 matters for you", "Hello Aino"),
    ):
        mails = centre.rows("SELECT event, subject, text, dates FROM mails WHERE person_id = %s", people[language].id)
        texts = [text for _, _, text, _ in mails]
        assert all(greeting in text for text in texts)
        names = ("Marttaliitto", "Marthaförbundet", "The Martha Association")
        assert [each for each in names if each in "".join(texts)] == [name]
        assert any(date["title"].endswith(f": {name}") for *_, dates in mails for date in dates)
        digests = [(title, text) for event, title, text, _ in mails if event == "digest"]
        assert {title for title, _ in digests} == {subject}
        assert any(name in text and "Villasukat" in text for _, text in digests)


def test_an_event_that_commits_late_is_told_too_and_making_at_once_makes_once(centre: Centre, make: Make) -> None:
    late, early = readers(centre, 2)
    centre.owner.execute("DELETE FROM outbox")
    with psycopg.connect(
        centre.owner.info.dsn,
        password=centre.owner.info.password,
        options=f"-c app.study_centre_id={centre.id}",
    ) as another:
        another.execute(
            "INSERT INTO outbox (id, event, subject_id, facts, made_at) VALUES (%s, %s, %s, %s, now())",
            [new_id(), "role-grant.given", late.id, Jsonb({"person_id": str(late.id)})],
        )
        happen(centre, "role-grant.given", person_id=str(early.id))
        make()
        assert centre.rows("SELECT person_id FROM mails") == [(early.id,)]
    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(make) for _ in range(4)]:
            made.result()
    assert {row[0] for row in centre.rows("SELECT person_id FROM mails")} == {early.id, late.id}
    assert len(states(centre)) == 2


def test_reminders_of_a_day_are_one_mail_in_the_morning(centre: Centre, make: Make, deliver: Deliver) -> None:
    organisation_id = centre.organisation()
    centre.main_user(organisation_id)
    for kind in ("change_window", "cost_statement"):
        happen(centre, "deadline.closing-soon", organisation_id, kind=kind, hours_year=2023, closes_on="2023-03-25")
    with mail_server() as server:
        make()
        deliver(server)
        assert server.mails == []
        assert states(centre) == ["held", "held"]
        centre.clock(2023, 3, 16, 8)
        make()
        make()
        deliver(server)
    (digest,) = server.mails
    assert digest["Subject"] == "Tuntipankki: 2 asiaa sinulle"
    text = digest.get_body(("plain",))
    assert text
    assert "kuluselvitykset" in text.get_content()
    assert text.get_content().count("Hei ") == 1
    calendar = Calendar.from_ical(next(digest.iter_attachments()).get_content())
    assert len(calendar.walk("VEVENT")) == 2
    assert sorted(states(centre)) == ["gathered", "gathered", "sent"]


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        # A right, a decision and a reminder.
        ("each", {"role-grant.given": "due", "hour-decision.made": "due", "hour-account.running-out": "due"}),
        (None, {"role-grant.given": "due", "hour-decision.made": "due", "hour-account.running-out": "held"}),
        ("daily_digest", {"role-grant.given": "due", "hour-decision.made": "held", "hour-account.running-out": "held"}),
        ("necessary", {"role-grant.given": "due"}),
    ],
)
def test_what_a_person_prefers(centre: Centre, make: Make, preference: str | None, expected: dict[str, str]) -> None:
    organisation_id = centre.organisation()
    main_user = centre.main_user(organisation_id)
    if preference:
        centre.owner.execute(
            "INSERT INTO mail_preferences (person_id, mail) VALUES (%s, %s)", [main_user.id, preference]
        )
    happen(centre, "role-grant.given", person_id=str(main_user.id), role="main_user")
    happen(centre, "hour-decision.made", organisation_id, year=2023, hours=5)
    happen(centre, "hour-account.running-out", organisation_id, year=2023, percent=80, available=5)
    make()
    assert dict(centre.rows("SELECT event, state FROM mails")) == expected


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
