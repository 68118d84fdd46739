"""Calendars as other programs read them (iCalendar, RFC 5545 and 7986)."""

from collections.abc import Container, Iterable
from datetime import UTC, timedelta
from uuid import UUID

from icalendar import Alarm, Calendar, Component, Event

from app.domain.calendar.feeds import KeptEvent

REFRESHED_EVERY = timedelta(hours=6)
# A calendar needs a component: where there are no events this is the one.
HELSINKI = Component.from_ical(
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Helsinki\r\n"
    "BEGIN:DAYLIGHT\r\nTZNAME:EEST\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0300\r\n"
    "DTSTART:19810329T030000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n"
    "BEGIN:STANDARD\r\nTZNAME:EET\r\nTZOFFSETFROM:+0300\r\nTZOFFSETTO:+0200\r\n"
    "DTSTART:19961027T040000\r\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\n"
    "END:VTIMEZONE\r\n"
)


def calendar_of(events: Iterable[KeptEvent], last_days: Container[UUID], *, name: str, language: str) -> bytes:
    """The same bytes for the same events; of the last days it reminds."""
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
    for told in events:
        event = _event_of(told)
        if told.uid in last_days and not told.is_cancelled:
            event.add_component(_alarm_of(told))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event_of(told: KeptEvent) -> Event:
    """A whole day ends where the next begins; its stamp is that of its last change, as nothing is sent by us."""
    event = Event()
    modified_at = told.modified_at.astimezone(UTC)
    event.add("uid", f"{told.uid}@tuntipankki")
    event.add("dtstamp", modified_at)
    event.add("last-modified", modified_at)
    event.add("sequence", told.sequence)
    event.add("dtstart", told.day)
    event.add("dtend", told.day + timedelta(days=1))
    event.add("summary", told.title)
    event.add("status", "CANCELLED" if told.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _alarm_of(told: KeptEvent) -> Alarm:
    """One day before; its words are the event's."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", told.title)
    alarm.add("trigger", -timedelta(days=1))
    return alarm
