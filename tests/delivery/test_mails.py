"""Mails made once per person and event: to whom, in which language, alone or gathered."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from icalendar import Calendar
from psycopg.types.json import Jsonb

from app.db.identifiers import new_id
from app.domain.delivery.mailed_events import MAIL_OF
from tests.builders import Centre
from tests.delivery.events import Deliver, Make, happen, readers, states
from tests.mail_server import mail_server
from tests.texts.mail_facts import MAIL_FACTS


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
    assert mail["Subject"] == "Täydennä tuntiehdotus: Villasukat <ry> & Co"
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
    centre.main_user(centre.organisation())
    applicant, signatory = centre.person("training_manager", unit), centre.person()
    named = {"person_id": str(applicant.id), "signatory_person_id": str(signatory.id)}
    # Recipients for a central organisation's event and for a unit's.
    people = {
        "main_user": ({main_user.id}, {main_user.id}),
        "manager": ({main_user.id}, {manager.id}),
        "staff": ({staff.id}, {staff.id}),
        "applicant": ({applicant.id}, {applicant.id}),
        "signatory": ({signatory.id}, {signatory.id}),
    }
    recipients_of = {
        "allotment-request.decided": "manager",
        "allotment-request.expired": "manager",
        "allotment-request.submitted": "main_user",
        "api-key.revoked": "main_user",
        "badge-application.acceptance-waiting": "applicant",
        "badge-application.decided": "applicant",
        "badge-application.decision-waiting": "staff",
        "badge-application.made": "staff",
        "badge-application.revoked": "applicant",
        "bank-account-change.approved": "main_user",
        "bank-account-change.proposed": "main_user",
        "bank-account-change.rejected": "main_user",
        "bank-account-change.withdrawn": "main_user",
        "case-attachment.sent-to-applicant": "applicant signatory",
        "case-attachment.sent-to-main-users": "main_user",
        "case-attachment.sent-to-managers": "manager",
        "case-attachment.sent-to-staff": "staff",
        "case-comment.sent-to-applicant": "applicant signatory",
        "case-comment.sent-to-main-users": "main_user",
        "case-comment.sent-to-managers": "manager",
        "case-comment.sent-to-staff": "staff",
        "cost-statement.submitted": "staff",
        "deadline.closed": "manager",
        "deadline.closing-soon": "manager",
        "deadline.opening": "manager",
        "hour-account.running-out": "manager",
        "hour-decision.made": "manager",
        "hour-proposal.expired": "manager",
        "hour-proposal.sent-back": "manager",
        "main-user-application.approved": "applicant",
        "main-user-application.expired": "applicant",
        "main-user-application.received": "staff applicant",
        "main-user-application.rejected": "applicant",
        "main-user-application.submitted": "signatory",
        "main-user-application.withdrawn": "staff applicant signatory",
        "model-version.activation-waiting": "main_user",
        "model-version.approved": "main_user",
        "model-version.handed-over": "main_user",
        "model-version.naming-waiting": "staff",
        "model-version.rejected": "main_user",
        "model-version.sent-back": "main_user",
        "model-version.submitted": "staff",
        "model-version.work-waiting": "main_user",
        "organisation-signature.missing": "main_user",
        "organisation.main-users-few": "staff",
        "participation-claim.granted": "applicant",
        "participation-claim.rejected": "applicant",
        "participation-claim.revoked": "applicant",
        "peer-group-quota.made": "manager",
        "payment-account-change.approved": "staff",
        "payment-account-change.proposed": "staff",
        "payment-account-change.rejected": "staff",
        "payment-account-change.withdrawn": "staff",
        "peer-group-change.submitted": "staff",
        "peer-group.endorsed": "staff",
        "peer-group.submitted": "staff",
        "person.merged": "staff",
        "role-application.decided": "applicant",
        "role-application.made": "main_user applicant",
        "role-application.withdrawn": "main_user applicant",
        "role-grant.ended": "applicant",
        "role-grant.given": "applicant",
        "signatory.ended": "main_user applicant",
        "study-centre-signature.missing": "staff",
        "study-centre.decisions-by-two-ending": "staff",
        "supplementary-hour-request.decided": "manager",
        "supplementary-hour-request.expired": "manager",
        "training-change.submitted": "staff",
        "training-model.accepted": "main_user",
        "training-model.proposed": "staff",
        "training-model.rejected": "main_user",
        "training-model.waiting": "staff",
        "training.endorsed": "staff",
        "training.submitted": "staff",
    }
    # Those of a training's people, of a model's reviewers and of the readers of participants are tested elsewhere
    # (`test_trainings.py`, `test_models.py`, `test_completions.py`).
    elsewhere = {"responsible", "expert", "reviewers", "readers"}
    assert set(recipients_of) == {event for event, to in MAIL_OF if to not in elsewhere}
    expected: dict[UUID, set[UUID]] = {happen(centre, "organisation.changed", central): set()}
    for event, to in recipients_of.items():
        for organisation_id, *readers_of in zip((central, unit), *(people[each] for each in to.split()), strict=True):
            facts = {**MAIL_FACTS[event], **named, "was": "received"}
            expected[happen(centre, event, organisation_id, **facts)] = set().union(*readers_of)
    make()
    made = centre.rows("SELECT cause_id, person_id FROM mails WHERE event <> 'digest'")
    assert len(made) == len(set(made))
    for event_id, recipients in expected.items():
        assert {person_id for cause_id, person_id in made if cause_id == event_id} == recipients
    make()
    assert centre.rows("SELECT count(*) FROM mails WHERE event <> 'digest'") == [(len(made),)]


def test_mails_name_the_organisation_and_the_study_centre_in_the_language_of_the_reader(
    centre: Centre, make: Make
) -> None:
    study_centre = centre.named_in_all()
    named = centre.organisation(name="Marttaliitto", name_sv="Marthaförbundet", name_en="The Martha Association")
    finnish_alone = centre.organisation(name="Villasukat")
    people = {language: centre.main_user(named) for language in ("fi", "sv", "en")}
    for language, person in people.items():
        centre.grant(person.id, "main_user", finnish_alone)
        centre.owner.execute("UPDATE persons SET language = %s WHERE id = %s", [language, person.id])
    for organisation_id in (named, finnish_alone):
        # A mail that leaves immediately, and a reminder that is gathered.
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
        assert {text.rpartition("\n")[2] for text in texts} == {study_centre[language]}
        names = ("Marttaliitto", "Marthaförbundet", "The Martha Association")
        assert [each for each in names if each in "".join(texts)] == [name]
        assert any(date["title"].endswith(f": {name}") for *_, dates in mails for date in dates)
        digests = [(title, text) for event, title, text, _ in mails if event == "digest"]
        assert {title for title, _ in digests} == {subject}
        assert any(name in text and "Villasukat" in text for _, text in digests)


def test_an_event_that_commits_late_is_mailed_too_and_concurrent_jobs_mail_it_once(centre: Centre, make: Make) -> None:
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
    assert "kuluselvitysten palautusaika" in text.get_content()
    assert text.get_content().count("Hei ") == 1
    calendar = Calendar.from_ical(next(digest.iter_attachments()).get_content())
    assert len(calendar.walk("VEVENT")) == 2
    assert sorted(states(centre)) == ["gathered", "gathered", "sent"]


@pytest.mark.parametrize(
    ("preference", "left"),
    [
        (None, ["digest", "role-grant.given", "role-grant.given"]),
        ("each", ["hour-decision.made", "hour-decision.made", "role-grant.given", "role-grant.given"]),
        ("daily_digest", ["role-grant.given", "role-grant.given"]),
    ],
)
def test_mails_made_at_the_same_moment_are_one_but_for_those_always_sent_alone(
    centre: Centre, make: Make, preference: str | None, left: list[str]
) -> None:
    organisations = centre.organisation(name="Marttaliitto"), centre.organisation(name="Villasukat")
    main_user = centre.main_user(organisations[0])
    centre.grant(main_user.id, "main_user", organisations[1])
    if preference:
        centre.owner.execute(
            "INSERT INTO mail_preferences (person_id, mail) VALUES (%s, %s)", [main_user.id, preference]
        )
    for organisation_id in organisations:
        happen(centre, "hour-decision.made", organisation_id, year=2023, hours=5)
        happen(centre, "role-grant.given", organisation_id, person_id=str(main_user.id), role="main_user")
    make()
    make()
    mails = centre.rows("SELECT event, text FROM mails WHERE state = 'due' ORDER BY event")
    assert [event for event, _ in mails] == left
    if preference is None:
        assert all(f"päätöksen järjestön {name} tunneista" in mails[0][1] for name in ("Marttaliitto", "Villasukat"))


@pytest.mark.parametrize(
    ("preference", "expected"),
    [
        # A role, a decision and a reminder.
        ("each", {"role-grant.given": "due", "hour-decision.made": "due", "hour-account.running-out": "due"}),
        (None, {"role-grant.given": "due", "hour-decision.made": "due", "hour-account.running-out": "held"}),
        ("daily_digest", {"role-grant.given": "due", "hour-decision.made": "held", "hour-account.running-out": "held"}),
        ("necessary", {"role-grant.given": "due"}),
    ],
)
def test_preferences_decide_which_mails_leave_and_when(
    centre: Centre, make: Make, preference: str | None, expected: dict[str, str]
) -> None:
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
