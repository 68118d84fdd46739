"""Calendars as other programs read them (iCalendar, RFC 5545 and 7986)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Alarm, Calendar, Component, Event

from app.domain.calendar.feeds import EventDetails, KeptEvent
from app.domain.delivery.mails import DateToKeep
from app.domain.trainings.public_calendar import CalendarTraining, PublicSession
from app.domain.trainings.sessions import SessionPlace

REMINDED_BEFORE = timedelta(hours=15)
"""Before the midnight at which a day begins: at nine in the morning of the day before."""
REFRESHED_EVERY = timedelta(hours=6)
# A calendar must have a component, also when it has no events.
HELSINKI = Component.from_ical(
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Helsinki\r\n"
    "BEGIN:DAYLIGHT\r\nTZNAME:EEST\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n"
    "DTSTART:19810329T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZNAME:EET\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\n"
    "DTSTART:19961027T040000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)


def calendar_of(
    events: Iterable[KeptEvent], details: Mapping[UUID, EventDetails], *, name: str, language: str
) -> bytes:
    """Return the same bytes for the same events."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tuntipankki//calendar feed//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name, {"language": language})
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Helsinki")
    calendar.add("refresh-interval", REFRESHED_EVERY, {"value": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    calendar.add_component(HELSINKI)
    for kept in events:
        event = _event_of(kept)
        if not kept.is_cancelled and (shown := details.get(kept.uid)):
            describe(event, shown.description, shown.link)
            if shown.has_alarm:
                event.add_component(_alarm_of(kept))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def calendar_of_mail(dates: Sequence[DateToKeep], made_at: datetime) -> bytes:
    """Whole days that leave the reader's time free (RFC 5545)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tuntipankki//Mail//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for date in dates:
        event = Event()
        event.add("uid", date.uid)
        event.add("dtstamp", made_at)
        event.add("dtstart", date.day)
        event.add("dtend", date.day + timedelta(days=1))
        event.add("summary", date.title)
        describe(event, date.description, date.link)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def calendar_of_trainings(trainings: Iterable[CalendarTraining], *, name: str, links: str | None) -> bytes:
    """An event for each session, whose UID has the ID of the course. `links` is the path of all courses' addresses."""
    calendar = Calendar()
    calendar.add("prodid", "-//Tuntipankki//public calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Helsinki")
    calendar.add("refresh-interval", REFRESHED_EVERY, {"value": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    calendar.add_component(HELSINKI)
    for training in trainings:
        for number, session in enumerate(training.sessions, 1):
            calendar.add_component(_session_of(training, number, session, links))
    return bytes(calendar.to_ical())


def _session_of(training: CalendarTraining, number: int, session: PublicSession, links: str | None) -> Event:
    event = Event()
    modified_at = training.changed_at.astimezone(UTC)
    event.add("uid", f"{training.id}-{number}@tuntipankki")
    event.add("dtstamp", modified_at)
    event.add("last-modified", modified_at)
    # A cancellation replaces what programs have (RFC 5545 §3.8.7.4).
    event.add("sequence", int(training.is_cancelled))
    event.add("dtstart", session.starts_at.astimezone(UTC))
    event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("summary", training.name)
    event.add("status", "CANCELLED" if training.is_cancelled else "CONFIRMED")
    if session.places:
        event.add("location", "; ".join(filter(None, map(_address_of, session.places))))
    if training.marketing_text and not training.is_cancelled:
        event.add("description", training.marketing_text)
    if links and not training.is_cancelled:
        event.add("url", f"{links}/{training.id}")
    return event


def _address_of(place: SessionPlace) -> str:
    return ", ".join(filter(None, [place.name, place.street, place.postal_code]))


def describe(event: Event, description: str, link: str | None) -> None:
    """Say what the event is about, and where it is done: some programs show only the description."""
    text = "\n".join(filter(None, [description, link]))
    if text:
        event.add("description", text)
    if link:
        event.add("url", link)


def _event_of(kept: KeptEvent) -> Event:
    """A whole day, which ends where the next begins. Its stamp is the time of its last change."""
    event = Event()
    modified_at = kept.modified_at.astimezone(UTC)
    event.add("uid", f"{kept.uid}@tuntipankki")
    event.add("dtstamp", modified_at)
    event.add("last-modified", modified_at)
    event.add("sequence", kept.sequence)
    event.add("dtstart", kept.day)
    event.add("dtend", kept.day + timedelta(days=1))
    event.add("summary", kept.title)
    event.add("status", "CANCELLED" if kept.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _alarm_of(kept: KeptEvent) -> Alarm:
    """An alarm on the morning of the day before, with the event's title."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", kept.title)
    alarm.add("trigger", -REMINDED_BEFORE)
    return alarm
