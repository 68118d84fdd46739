"""`/v1/public/{slug}/trainings`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.conventions import PublicUrl, Read
from app.api.files import Download, giving
from app.api.linked_data import LINKED, Linked
from app.api.operations import Tag
from app.api.paging import Page, Paging
from app.api.public_operations import PublicOperation
from app.api.responses import refusing
from app.api.security import operation
from app.api.shapes import Day, SearchText, Several
from app.api.trainings.plans import Municipality
from app.domain.trainings.public_calendar import PublicTraining
from app.domain.trainings.trainings import Mode
from app.services.trainings import public_calendar

MEDIA_TYPE = "text/calendar; charset=utf-8"

router = APIRouter(
    prefix="/public/{slug}",
    route_class=PublicOperation,
    tags=[
        Tag(
            "Public calendar",
            "Training courses that are open to everyone, and enrolment in them. The path begins with the `slug` of the "
            "study centre. No token is needed, and pages of every origin can read the calendar.",
        )
    ],
)

Since = Annotated[Day | None, Query(alias="from", description="Only courses that end on this day or later.")]
Until = Annotated[Day | None, Query(description="Only courses that begin on this day or earlier.")]
_file = giving(MEDIA_TYPE)
_file["responses"] = _file["responses"] | refusing("not-found")


@router.get("/trainings", response_model=Page[PublicTraining], responses=LINKED | refusing("not-found"))
@operation(is_open=True, is_public=True)
async def list_public_trainings(
    reader: Read,
    page: Paging,
    public_url: PublicUrl,
    slug: str,
    q: SearchText = None,
    since: Since = None,
    until: Until = None,
    municipality: Several[Municipality] = None,
    mode: Several[Mode] = None,
) -> Linked:
    """List public training courses.

    Approved courses that have not ended, the soonest first. `q` finds words of the name, the target group and the
    content. With `Accept: application/ld+json` the courses are events of schema.org.

    **Who:** anyone.
    """
    found = await public_calendar.list_public_trainings(
        reader, page, q=q, since=since, until=until, municipality=municipality, mode=mode
    )
    links = _links_of(slug, public_url)
    return Linked(
        found, lambda: {"@type": "ItemList", "itemListElement": [event_of(item, links) for item in found.items]}
    )


@router.get("/trainings.ics", **_file)
@operation(is_open=True, is_public=True)
async def read_public_calendar(
    reader: Read,
    public_url: PublicUrl,
    slug: str,
    q: SearchText = None,
    since: Since = None,
    until: Until = None,
    municipality: Several[Municipality] = None,
    mode: Several[Mode] = None,
) -> Download:
    """Read the public calendar as a file.

    Returns the sessions of public courses as iCalendar, at most the 2,000 soonest courses. The UID of an event contains
    the ID of the course. A cancelled course stays cancelled in the file for 30 days.

    **Who:** anyone.
    """
    content = await public_calendar.read_calendar_file(
        reader, slug, public_url, q=q, since=since, until=until, municipality=municipality, mode=mode
    )
    return Download(content, MEDIA_TYPE, "koulutukset.ics")


@router.get("/trainings/{training_id}", response_model=PublicTraining, responses=LINKED)
@operation(is_open=True, is_public=True)
async def get_public_training(reader: Read, public_url: PublicUrl, slug: str, training_id: UUID) -> Linked:
    """Get a public training course.

    With `Accept: application/ld+json` the course is an event of schema.org. A course that is not public is not found.

    **Who:** anyone.
    """
    training = await public_calendar.get_public_training(reader, training_id)
    return Linked(training, lambda: event_of(training, _links_of(slug, public_url)))


def _links_of(slug: str, public_url: str | None) -> str:
    return f"{public_url or ''}/v1/public/{slug}/trainings"


ATTENDANCE: dict[Mode, str] = {
    "in_person": "OfflineEventAttendanceMode",
    "online": "OnlineEventAttendanceMode",
    "hybrid": "MixedEventAttendanceMode",
}


def event_of(training: PublicTraining, links: str) -> dict[str, Any]:
    """The course as an event of schema.org."""
    address = f"{links}/{training.id}"
    places = {place.name: place for session in training.sessions for place in session.places}
    event: dict[str, Any] = {
        "@type": "EducationEvent",
        "@id": address,
        "url": address,
        "name": training.name,
        "description": training.marketing_text,
        "inLanguage": training.language,
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": training.mode and f"https://schema.org/{ATTENDANCE[training.mode]}",
        "startDate": min(session.starts_at for session in training.sessions).isoformat(),
        "endDate": max(session.ends_at for session in training.sessions).isoformat(),
        "organizer": {"@type": "Organization", "name": training.organiser},
        "location": [
            {
                "@type": "Place",
                "name": place.name,
                "address": _without_nulls(
                    {
                        "@type": "PostalAddress",
                        "streetAddress": place.street,
                        "postalCode": place.postal_code,
                        "addressCountry": "FI",
                    }
                ),
            }
            for place in places.values()
        ]
        or [{"@type": "VirtualLocation", "url": address}],
    }
    if training.enrolment:
        event["maximumAttendeeCapacity"] = training.enrolment.places
        event["remainingAttendeeCapacity"] = training.enrolment.places_left
    if len(training.sessions) > 1:
        event["subEvent"] = [
            {
                "@type": "Event",
                "name": training.name,
                "startDate": session.starts_at.isoformat(),
                "endDate": session.ends_at.isoformat(),
            }
            for session in training.sessions
        ]
    return _without_nulls(event)


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
