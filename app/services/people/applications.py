"""What making an application has in common, for a role and for a main user."""

from app.db.people.applications import count_applications
from app.db.people.role_grants import lock_person
from app.db.sessions import Writer
from app.domain.access import check_still_registered
from app.domain.people.daily_limits import APPLICATIONS, check_within_limit, day_around


async def check_not_too_many(writer: Writer) -> None:
    """Check the applicant's number of applications of the day, after inserting the new one. Raise RateLimited,
    Unauthenticated.

    Of several requests at the same time each waits here for the one before, and then counts its application too. The
    insertion comes before the lock: it may wait for a merger, which locks applications before people.
    """
    applicant_id = writer.actor.person_id
    check_still_registered(await lock_person(writer.connection, applicant_id))
    made = await count_applications(writer.connection, applicant_id, *day_around(writer.now))
    check_within_limit(made, APPLICATIONS, writer.now)
