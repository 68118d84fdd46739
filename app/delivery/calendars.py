"""Calendars as other programs read them (iCalendar, RFC 5545 and 7986)."""

from collections.abc import Container, Iterable
from datetime import UTC, timedelta
from uuid import UUID

from icalendar import Alarm, Calendar, Component, Event

from app.domain.calendar.feeds import KeptEvent

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


def calendar_of(events: Iterable[KeptEvent], last_days: Container[UUID], *, name: str, language: str) -> bytes:
    """Return the same bytes for the same events; last days have an alarm."""
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
        if kept.uid in last_days and not kept.is_cancelled:
            event.add_component(_alarm_of(kept))
        calendar.add_component(event)
    return bytes(calendar.to_ical())


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
    """An alarm one day before, with the event's title."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", kept.title)
    alarm.add("trigger", -timedelta(days=1))
    return alarm
