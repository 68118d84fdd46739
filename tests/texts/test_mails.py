"""Each mail says what its event says, in each language, and nothing where the event does not say it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import get_args
from uuid import UUID

import pytest

from app.domain.access import Role
from app.domain.calendar.deadlines import Kind
from app.domain.delivery.mailed_events import ADDRESS_CHANGED, MAILED_EVENTS
from app.domain.delivery.messages import Message, MessageText
from app.domain.hours.supplementary_requests import RequestState
from app.domain.organisations.organisations import Language
from app.texts.mails import Letter, digest_of, letter_of_event, letter_of_message, letter_with_token
from app.texts.rendering import LANGUAGES, facts_of, texts_of
from tests.texts.mail_facts import MAIL_FACTS
from tests.texts.test_texts import FORBIDDEN, strings_of

ALL_CASES = [(event, language) for event in sorted(MAILED_EVENTS) for language in LANGUAGES]


def mail(event: str, language: Language, facts: dict[str, object], reason: str | None = None) -> Letter:
    return letter_of_event(
        MAILED_EVENTS[event].worded_as or event,
        language,
        name="Aino",
        organisation="Villasukat ry",
        study_centre="Opintokeskus Esimerkki",
        facts=facts,
        reason=reason,
    )


def with_facts_missing(facts: dict[str, object]) -> Iterator[dict[str, object]]:
    """All facts, each one missing alone, as null and altogether, and none."""
    yield facts
    for name in facts:
        yield facts | {name: None}
        yield {other: fact for other, fact in facts.items() if other != name}
    yield {}


def check_whole(text: str, language: Language) -> None:
    """No gap, no sign for one, nothing that only programs read, and none of the words that were given up."""
    assert text.strip() == text != ""
    assert not re.search(r"[{}_]|None|–[. ]|––| –|  |\n\n\n|: *$|[ (]$|^[.,:;]", text, re.MULTILINE), text
    assert not re.search(FORBIDDEN[language], text, re.IGNORECASE), text


@pytest.mark.parametrize(("event", "language"), ALL_CASES)
def test_a_mail_is_whole_whatever_facts_are_missing(event: str, language: Language) -> None:
    for facts in with_facts_missing(MAIL_FACTS[event]):
        for reason in ("Varaa jäi", None):
            letter = mail(event, language, facts, reason)
            check_whole(letter.subject, language)
            check_whole(letter.text, language)
            assert "\n" not in letter.subject
            assert letter.text.count("Aino") == 1
            assert letter.text.count("Varaa jäi") == (reason is not None)
            assert len(letter.text.split("\n\n")) >= 3 + (reason is not None), "It says something."


@pytest.mark.parametrize(("event", "language"), ALL_CASES)
def test_a_mail_says_every_fact_that_its_event_has(event: str, language: Language) -> None:
    wording = texts_of("mails", language).tables["events"][MAILED_EVENTS[event].worded_as or event]
    named = {fact for _, text in strings_of(wording) for fact in facts_of(text)}
    assert named - {"organisation"} <= MAIL_FACTS[event].keys()
    for fact in named & MAIL_FACTS[event].keys():
        assert mail(event, language, MAIL_FACTS[event]) != mail(event, language, MAIL_FACTS[event] | {fact: None})


@pytest.mark.parametrize(("event", "language"), [case for case in ALL_CASES if "reference" in MAIL_FACTS[case[0]]])
def test_a_mail_about_what_has_a_reference_has_a_line_for_it(event: str, language: Language) -> None:
    facts = MAIL_FACTS[event]
    word = {"fi": "Viite", "sv": "Referens", "en": "Reference"}[language]
    assert f"{word}: {facts['reference']}" in mail(event, language, facts).text.splitlines()
    assert f"{word}:" not in mail(event, language, facts | {"reference": None}).text


@pytest.mark.parametrize(("event", "language"), ALL_CASES)
def test_a_day_to_keep_has_a_title_and_no_other_mail_has_one(event: str, language: Language) -> None:
    assert bool(mail(event, language, MAIL_FACTS[event]).day_title) == (MAILED_EVENTS[event].day is not None)


TOKEN_MAILS = [(event, language) for event in texts_of("mails", "fi").tables["token_mails"] for language in LANGUAGES]


@pytest.mark.parametrize(("event", "language"), TOKEN_MAILS)
@pytest.mark.parametrize("way", ["link", "token"])
def test_a_mail_with_a_token_has_its_link_or_the_token(event: str, language: Language, way: str) -> None:
    facts = {
        "role": "training_manager",
        "organisation": "Villasukat ry",
        "expires_at": datetime(2023, 3, 29, 12, tzinfo=UTC),
        "course": "Ensiapu neulekerhossa",
        "starts_at": datetime(2023, 4, 15, 7, tzinfo=UTC),
        "slug": "demo",
        way: "XYZZY",
    }
    letter = letter_with_token(event, language, study_centre="Opintokeskus Esimerkki", facts=facts)
    for text in (letter.subject, letter.text):
        check_whole(text, language)
    assert letter.text.count("XYZZY") == 1
    assert ("POST /v1/" in letter.text) == (way == "token")
    assert way == "link" or not re.search("link|länk", letter.text, re.IGNORECASE)
    greeting = letter.text.split("\n\n")[0]
    assert greeting in {"Hei,", "Hej,", "Hello,"}, "A name is text that a stranger may have chosen."


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_address_is_reported_with_its_time(language: Language) -> None:
    facts = {"changed_at": datetime(2023, 3, 29, 12, tzinfo=UTC)}
    letter = letter_with_token(ADDRESS_CHANGED, language, study_centre="Opintokeskus", facts=facts, table="notices")
    for text in (letter.subject, letter.text):
        check_whole(text, language)
    assert "2023" in letter.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", ["enrolment.moved-up", "enrolment.training-cancelled"])
def test_those_who_enrolled_hear_of_their_course(event: str, language: Language) -> None:
    facts = {
        "course": "Ensiapu neulekerhossa",
        "organisation": "Villasukat ry",
        "starts_at": datetime(2023, 4, 15, 7, tzinfo=UTC),
    }
    letter = letter_with_token(event, language, study_centre="Opintokeskus", facts=facts, table="notices")
    for text in (letter.subject, letter.text):
        check_whole(text, language)
    assert letter.subject.endswith(": Ensiapu neulekerhossa")
    assert "Villasukat ry" in letter.text


def test_a_rejection_is_not_reported_as_a_grant() -> None:
    letter = mail("supplementary-hour-request.decided", "fi", {"state": "rejected", "hours": 0}, "Tunnit loppuivat")
    assert letter.text == (
        "Hei Aino,\n\nJärjestön Villasukat ry lisähausta on tehty päätös.\n\n"
        "Päätös: hylätty\nMyönnetty: ei opetustunteja\n\n"
        "Perustelu: Tunnit loppuivat\n\nTerveisin\nOpintokeskus Esimerkki"
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("fi", "käytettävissä"), ("sv", "får användas"), ("en", "may use")],
)
def test_a_quota_of_no_hours_says_nothing_of_their_use(language: Language, said: str) -> None:
    facts = MAIL_FACTS["peer-group-quota.made"]
    for hours in (1, 2):
        assert said in mail("peer-group-quota.made", language, facts | {"hours": hours}).text
    letter = mail("peer-group-quota.made", language, facts | {"hours": 0})
    check_whole(letter.text, language)
    assert said not in letter.text


@pytest.mark.parametrize(
    ("fact", "subject", "text"),
    [
        ("course", "Utbildningen har förfallit: X", "Utbildningen X har förfallit. Inget stöd betalas."),
        ("peer_group", "Studiecirkeln har förfallit: X", "Studiecirkeln X har förfallit. Inget stöd betalas."),
        ("training", "Planen har förfallit: Villasukat ry", "Inget stöd betalas."),
    ],
)
def test_what_lapsed_is_a_course_or_a_group(fact: str, subject: str, text: str) -> None:
    letter = mail("training.lapsed", "sv", {fact: "X"})
    assert letter.subject == subject
    assert letter.text.split("\n\n")[1] == text


def test_a_deadline_without_a_last_day_has_no_line_for_it() -> None:
    facts = {"kind": "training_entry", "hours_year": 2023, "opens_on": "2022-12-01", "closes_on": None}
    letter = mail("deadline.opening", "en", facts)
    assert letter.subject == "Opens on 1 December 2022: adding training courses 2023"
    assert letter.text == (
        "Hello Aino,\n\nA new period opens in the yearly calendar.\n\n"
        "Subject: adding training courses\nYear of the hours: 2023\nOrganisation: Villasukat ry\n"
        "Opens on: 1 December 2022\n\nKind regards\nOpintokeskus Esimerkki"
    )
    assert letter.day_title == "Adding training courses 2023: last day"


@pytest.mark.parametrize(
    ("hours", "fi", "sv", "en"),
    [
        (0, "ei opetustunteja", "inga undervisningstimmar", "no teaching hours"),
        (1, "1 opetustunti", "1 undervisningstimme", "1 teaching hour"),
        (2, "2 opetustuntia", "2 undervisningstimmar", "2 teaching hours"),
        (1450, "1\u00a0450 opetustuntia", "1\u00a0450 undervisningstimmar", "1,450 teaching hours"),
    ],
)
def test_hours_are_counted_as_the_language_counts(hours: int, fi: str, sv: str, en: str) -> None:
    said = {
        language: mail("hour-decision.made", language, {"hours": hours}).text.split(": ")[1].split("\n")[0]
        for language in LANGUAGES
    }
    assert said == {"fi": fi, "sv": sv, "en": en}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_role_every_kind_of_deadline_and_every_outcome_has_its_word(language: Language) -> None:
    words = texts_of("mails", language).words
    outcomes = {"granted", "rejected", *get_args(RequestState)} - {"submitted", "withdrawn"}
    assert {*get_args(Role), *get_args(Kind), *outcomes} <= words.keys()


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        (
            "fi",
            "Tuntipankki: 2 asiaa sinulle",
            "Hei Aino,\n\nNämä asiat koskevat sinua nyt:\n\nA\nFirst.\n\nB\nSecond.\n\n",
        ),
        ("sv", "Tuntipankki: 2 ärenden till dig", "Hej Aino,\n\nDe här ärendena gäller dig just nu:\n\nA\nFirst."),
        ("en", "Tuntipankki: 2 matters for you", "Hello Aino,\n\nThese matters concern you now:\n\nA\nFirst."),
    ],
)
def test_a_digest_has_each_mail_without_its_greeting(language: Language, subject: str, text: str) -> None:
    mails = [("A", "Hei Aino,\n\nFirst.\n\nTerveisin\nX"), ("B", "Hei Aino,\n\nSecond.\n\nTerveisin\nX")]
    digest = digest_of(mails, language, name="Aino", study_centre="Opintokeskus Esimerkki")
    assert digest.subject == subject
    assert digest.text.startswith(text)


def written(subject: str, body: str) -> Message:
    return Message(
        id=UUID(int=1),
        texts={"fi": MessageText(subject, body)},
        audience="main_users",
        organisation_ids=[],
        organisation_id=None,
        round_year=None,
        round_states=[],
        deadline_id=None,
        send_at=None,
        days_before=None,
        state="scheduled",
        made_by=UUID(int=2),
        made_by_name=None,
        made_at=None,  # type: ignore[arg-type]  # No text names it.
        scheduled_by=None,
        scheduled_by_name=None,
        scheduled_at=None,
        sent_at=None,
        cancelled_at=None,
        recipients=None,
    )


@pytest.mark.parametrize(
    ("last_day", "subject", "body"),
    [
        (date(2023, 3, 25), "Muista 25.3.2023", "Hei.\r\n\r\nPäivä on 25.3.2023. {Näin} 5 % {{name}}\n\n\n\nLoppu Ry."),
        (None, "Opintokeskus Esimerkki", "Hei.\n\n{Näin} 5 % {{name}}\n\nLoppu Ry."),
    ],
)
def test_what_the_staff_wrote_is_filled_and_a_missing_day_leaves_its_sentence_out(
    last_day: date | None, subject: str, body: str
) -> None:
    message = written(
        "Muista {last_day}", "Hei.\r\n\r\nPäivä on {last_day}. {{Näin}} 5 % {{{{name}}}}\n\n\n\nLoppu {organisation}."
    )
    letter = letter_of_message(
        message, "fi", name="Aino", organisation="Ry", sender="Opintokeskus Esimerkki", last_day=last_day
    )
    assert (letter.language, letter.subject) == ("fi", subject)
    expected = body.replace("\r\n", "\n").replace("\n\n\n\n", "\n\n")
    assert letter.text == f"Hei Aino,\n\n{expected}\n\nTerveisin\nOpintokeskus Esimerkki"
