"""A central organisation's own rules on courses: put and get."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from app.db.organisations import profiles
from app.db.organisations import training_rules as questions
from app.db.organisations.organisations import find_below, find_place
from app.db.sessions import Reader, Writer
from app.db.trainings.topic_classes import find_topic
from app.domain.access import check_main_user, check_reach
from app.domain.errors import Fault, Invalid
from app.domain.hours.standing import check_central
from app.domain.organisations import training_rules as rules
from app.domain.organisations.organisations import OrganisationKind
from app.domain.organisations.training_rules import RoleApplications, TrainingRules
from app.domain.trainings.support_rules import Activity
from app.domain.versions import Versions, check_required_version, check_version


async def put_rules(
    writer: Writer,
    organisation_id: UUID,
    *,
    kinds: Sequence[OrganisationKind],
    units: Sequence[UUID] | None,
    applications: RoleApplications,
    unit_managers_decide: bool,
    activities: Sequence[Activity] | None,
    topics: Sequence[str] | None,
    plans_through_main_user: bool,
    practice: str | None,
    expected: Versions,
) -> TrainingRules:
    rules.check_each_once(kinds, units, activities, topics)
    await _check_topics(writer, topics or ())
    # The second of two simultaneous requests sees what the first has put.
    _, place = await profiles.get(writer, organisation_id, locked=True)
    rules.check_below(units, await find_below(writer.connection, organisation_id, units or ()))
    check_main_user(writer.actor, place)
    current = await questions.find_rules(writer, place.central_organisation_id)
    if current.revision:
        check_required_version(current, expected)
    check_version(current, expected, is_put=current.revision > 0)
    check_central(place)
    put = replace(
        current,
        revision=current.revision + 1,
        kinds=sorted(kinds),
        units=None if units is None else sorted(units),
        applications=applications,
        unit_managers_decide=unit_managers_decide,
        activities=None if activities is None else sorted(activities),
        topics=None if topics is None else sorted(topics),
        plans_through_main_user=plans_through_main_user,
        practice=practice,
        changed_by=writer.actor.person_id,
        changed_by_name=writer.actor.name,
        changed_at=writer.now,
    )
    await questions.put_rules(writer.connection, put)
    writer.record(
        "training-rules.changed",
        organisation_id,
        organisation_id=organisation_id,
        revision=put.revision,
        kinds=put.kinds,
        units=put.units,
        applications=applications,
        unit_managers_decide=unit_managers_decide,
        activities=put.activities,
        topics=put.topics,
        plans_through_main_user=plans_through_main_user,
        practice_changed=practice != current.practice,
    )
    return put


async def get_rules(reader: Reader, organisation_id: UUID) -> TrainingRules:
    """Return the rules of the centre, also to callers who only reach a unit."""
    place = check_reach(reader.actor, await find_place(reader.connection, organisation_id))
    return await questions.find_rules(reader, place.central_organisation_id)


async def _check_topics(writer: Writer, topics: Sequence[str]) -> None:
    """Check that the topic classes exist. Raise Invalid."""
    faults = [
        Fault(f"/topics/{index}", "not-a-topic")
        for index, code in enumerate(topics)
        if await find_topic(writer.connection, code) is None
    ]
    if faults:
        raise Invalid(*faults)
