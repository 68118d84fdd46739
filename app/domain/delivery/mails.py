"""The mails to main users and senders: short, polite, each in its reader's language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.organisations.organisations import Language

Subject = str
Text = str


@dataclass(frozen=True)
class Mail:
    __pydantic_config__ = {"use_attribute_docstrings": True}

    id: UUID
    to: str
    """The address."""
    subject: str
    text: str
    made_at: datetime


TEMPLATES: dict[str, dict[Language, tuple[Subject, Text]]] = {
    "hour-decision": {
        "fi": (
            "Päätös vuoden {year} tunneista",
            "Hei {name},\n\njärjestölle {organisation} on myönnetty {hours} opetustuntia vuodelle {year}."
            "{reason}\n\nTunnit näkyvät järjestön tuntitilillä.",
        ),
        "sv": (
            "Beslut om timmarna för år {year}",
            "Hej {name},\n\n{organisation} har beviljats {hours} undervisningstimmar för år {year}."
            "{reason}\n\nTimmarna syns på organisationens timkonto.",
        ),
        "en": (
            "Decision on the hours of {year}",
            "Hello {name},\n\n{organisation} has been granted {hours} teaching hours for {year}."
            "{reason}\n\nThe hours are on the organisation's hour account.",
        ),
    },
    "supplementary-hour-request": {
        "fi": (
            "Päätös lisätunneista",
            "Hei {name},\n\njärjestön {organisation} lisähaku on ratkaistu: myönnetty {hours} opetustuntia.{reason}",
        ),
        "sv": (
            "Beslut om tilläggstimmar",
            "Hej {name},\n\ntilläggsansökan från {organisation} har avgjorts: "
            "{hours} undervisningstimmar beviljades.{reason}",
        ),
        "en": (
            "Decision on supplementary hours",
            "Hello {name},\n\nthe supplementary request of {organisation} has been decided: "
            "{hours} teaching hours granted.{reason}",
        ),
    },
    "hour-proposal": {
        "fi": (
            "Tuntiehdotus palautettiin täydennettäväksi",
            "Hei {name},\n\njärjestön {organisation} tuntiehdotus on palautettu täydennettäväksi.{reason}"
            "\n\nKun ehdotus on täydennetty, sen voi lähettää uudelleen.",
        ),
        "sv": (
            "Timförslaget skickades tillbaka för komplettering",
            "Hej {name},\n\ntimförslaget från {organisation} har skickats tillbaka för komplettering.{reason}"
            "\n\nNär förslaget har kompletterats kan det lämnas in på nytt.",
        ),
        "en": (
            "The hour proposal was sent back for completion",
            "Hello {name},\n\nthe hour proposal of {organisation} has been sent back for completion.{reason}"
            "\n\nOnce completed it can be submitted again.",
        ),
    },
}
"""By the event's subject."""
REASONS: dict[Language, str] = {"fi": "Perustelu", "sv": "Motivering", "en": "Reason"}


def text_of(
    event: str, language: Language, *, name: str, organisation: str, facts: dict[str, Any], reason: str | None
) -> tuple[Subject, Text]:
    """The mail that tells of an event, which is named `subject.verb`."""
    subject, text = TEMPLATES[event.partition(".")[0]][language]
    known = {"year": facts.get("year", ""), "hours": facts.get("hours", "")}
    told = f"\n\n{REASONS[language]}: {reason}" if reason else ""
    return subject.format(**known), text.format(**known, name=name, organisation=organisation, reason=told)
