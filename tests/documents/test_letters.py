"""The letters of decisions and the drafts of plans: what they say, and that nothing in them breaks the page."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.documents.letters import LetterContent, PlanContent, make_draft, make_letter
from app.domain.calendar.deadlines import HELSINKI, Window
from app.domain.hours.letters import LetterFacts, NextDays, next_days_of
from app.domain.hours.plans import PlanItem
from app.domain.organisations.organisations import Language
from app.texts.letters import letter_words, plan_rows
from tests.pdf_text import lines_of, needs_pdftotext, shown_of, text_of

DECIDED_AT = datetime(2023, 11, 21, 13, tzinfo=HELSINKI)
WINDOWS = [Window(date(2024, 3, 13), date(2024, 3, 25)), Window(date(2024, 8, 14), date(2024, 8, 25))]


def facts(**more: object) -> LetterFacts:
    known: dict[str, object] = {
        "decision_id": UUID(int=1),
        "reference": "2023-0123",
        "organisation_id": UUID(int=2),
        "organisation_name": "Villasukat ry",
        "business_id": "1234567-1",
        "year": 2024,
        "asked": 1_500,
        "hours": 1_200,
        "reason": "Tunnit jaettiin käytön mukaan.",
        "decided_by_name": "Päivi Päättäjä",
        "decided_at": DECIDED_AT,
        "study_centre_name": "Opintokeskus Esimerkki",
    }
    return LetterFacts(**known | more)  # type: ignore[arg-type]  # The names are those of the fields.


def letter(language: Language, letter_facts: LetterFacts, days: NextDays) -> bytes:
    content = LetterContent(language, "Opintokeskus Esimerkki", letter_facts.organisation_name, "Päivi Päättäjä")
    return asyncio.run(make_letter(content, letter_words(language, letter_facts, days), DECIDED_AT))


def item(name: str, reason: str | None) -> PlanItem:
    return PlanItem(
        id=UUID(int=2),
        organisation_id=UUID(int=2),
        organisation_name=name,
        asked=100,
        proposal_id=None,
        request_id=None,
        hours=80,
        reason=reason,
        own=False,
        why=[],
    )


def draft(rows: Sequence[tuple[str, str, str, Sequence[str]]]) -> bytes:
    words = {
        "title": "Päätössuunnitelma 2024: Syksy",
        "draft": "Luonnos, ei päätös",
        "made": "21.11.2023",
        "page": "Sivu",
        "of": "/",
        "columns": ["Järjestö", "Haettu", "Suunniteltu", "Perustelut"],
        "sums": [["Rivejä", "120"], ["Jää jäljelle", "\N{MINUS SIGN}5 opetustuntia"]],
    }
    return asyncio.run(make_draft(PlanContent("fi", "Opintokeskus Esimerkki", rows), words, DECIDED_AT))


@needs_pdftotext
@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "fi",
            [
                "Päätös vuoden 2024 tunneista",
                "Asianumero 2023-0123",
                "Ehdotettu 1 500 opetustuntia",
                "Myönnetty 1 200 opetustuntia",
                "Päätöksen tekijä Päivi Päättäjä",
                "Tunnit jaettiin käytön mukaan.",
                "seuraavina aikoina: 13.3.2024–25.3.2024 ja 14.8.2024–25.8.2024.",
                "viimeistään 18.1.2025",
                "Sivu 1 / 1",
            ],
        ),
        (
            "sv",
            ["Beslut om timmarna för år 2024", "Beviljade timmar 1 200 undervisningstimmar", "senast 18.1.2025"],
        ),
        ("en", ["Decision on the hours of 2024", "Granted 1,200 teaching hours", "due by 18 January 2025"]),
    ],
)
def test_a_letter_says_what_was_granted_and_what_comes_next(
    language: Language, said: list[str], tmp_path: Path
) -> None:
    days = NextDays(WINDOWS, date(2023, 12, 1), date(2025, 1, 18))
    shown = text_of(letter(language, facts(), days), tmp_path)
    assert [each for each in said if each not in shown] == []


@needs_pdftotext
def test_a_letter_of_a_rejection_leaves_out_what_is_not_known(tmp_path: Path) -> None:
    rejected = facts(hours=0, asked=None, business_id=None, reason=None, reference=None)
    shown = text_of(letter("fi", rejected, NextDays([], None, None)), tmp_path)
    assert "ei ole myöntänyt järjestölle Villasukat ry tunteja" in shown
    assert "vuosikellossa, kun ne on vahvistettu" in shown
    for missing in ("Asianumero", "Y-tunnus", "Ehdotettu", "Perustelut", "kuluselvitykset", "None"):
        assert missing not in shown


@needs_pdftotext
def test_what_people_write_is_text_and_never_markup(tmp_path: Path) -> None:
    names = facts(organisation_name="#panic() $x$ <svg onload=…>", reason="*lihava* ![](x) \u202e李" + "a" * 300)
    shown = text_of(letter("fi", names, NextDays([], None, None)), tmp_path)
    assert "#panic() $x$ <svg onload=…>" in shown
    assert "*lihava* ![](x) □" in shown


@needs_pdftotext
def test_the_paragraphs_of_a_reason_stay_apart(tmp_path: Path) -> None:
    reason = "Tunnit jaettiin käytön mukaan.\r\n \n#panic() *Loput* jaetaan keväällä.\nKysy lisää."
    lines = lines_of(letter("fi", facts(reason=reason), NextDays([], None, None)), tmp_path)
    said = ["Tunnit jaettiin käytön mukaan.", "#panic() *Loput* jaetaan keväällä.", "Kysy lisää."]
    assert lines[lines.index("Perustelut") + 1 :][:3] == said
    rows = plan_rows("fi", [item("Villasukat ry", reason), item("Ystävät ry", None)])
    shown = lines_of(draft(rows), tmp_path)
    place = next(place for place, line in enumerate(shown) if line.endswith(said[0]))
    assert shown[place + 1 : place + 3] == said[1:]


@needs_pdftotext
def test_every_page_of_a_draft_says_that_it_is_one(tmp_path: Path) -> None:
    rows = plan_rows("fi", [item(f"Järjestö {number}", "Kasvoi") for number in range(120)])
    pages = shown_of(draft(rows), tmp_path).split("\f")[:-1]
    assert len(pages) > 2
    assert "\N{MINUS SIGN}5 opetustuntia" in pages[0]
    assert all("Luonnos, ei päätös" in page for page in pages)
    assert all("Suunniteltu" in page for page in pages[1:])


def test_the_same_facts_make_the_same_bytes() -> None:
    assert letter("fi", facts(), NextDays([], None, None)) == letter("fi", facts(), NextDays([], None, None))


def test_a_letter_names_the_days_that_were_left_when_the_decision_was_made() -> None:
    decided_on = date(2024, 3, 26)
    open_ended = Window(date(2024, 9, 1), None)
    entry, statements = [Window(date(2023, 12, 1), None)], [Window(None, date(2025, 1, 18))]
    days = next_days_of([open_ended, *WINDOWS], entry, statements, decided_on)
    assert list(days.changes) == [WINDOWS[1], open_ended]
    assert (days.entry_opens_on, days.statements_by) == (date(2023, 12, 1), date(2025, 1, 18))
    assert next_days_of([], [], [], decided_on) == NextDays([], None, None)
    late = next_days_of(WINDOWS, entry, statements, date(2025, 1, 19))
    assert late == NextDays([], date(2023, 12, 1), None, are_changes_over=True)


@needs_pdftotext
def test_periods_that_are_over_are_not_called_unconfirmed(tmp_path: Path) -> None:
    shown = text_of(letter("fi", facts(), NextDays([], None, None, are_changes_over=True)), tmp_path)
    assert "kun ne on vahvistettu" not in shown
    assert "kuluselvitykset" not in shown
