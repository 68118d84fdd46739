"""Rules of support: put, get and list."""

from dataclasses import asdict, replace

from app.db.identifiers import new_id
from app.db.people.study_centres import lock_study_centre
from app.db.sessions import Writer
from app.db.trainings import support_rules as questions
from app.domain.access import check_staff
from app.domain.trainings.support_rules import ActivityRules, SupportRules, check_rules
from app.domain.versions import Versions, check_required_version, check_version


async def put_rules(
    writer: Writer, year: int, *, training: ActivityRules, peer_group: ActivityRules, expected: Versions
) -> SupportRules:
    check_rules(training, "/training")
    check_rules(peer_group, "/peer_group")
    check_staff(writer.actor)
    # The second of two simultaneous requests sees what the first has put.
    await lock_study_centre(writer.connection)
    current = await questions.find_rules_as_seen(writer, year)
    if current.revision:
        check_required_version(current, expected)
    check_version(current, expected, is_put=current.revision > 0)
    put = replace(
        current,
        verified=True,
        inherited_from=None,
        revision=current.revision + 1,
        training=training,
        peer_group=peer_group,
        changed_by=writer.actor.person_id,
        changed_by_name=writer.actor.name,
        changed_at=writer.now,
    )
    await questions.put_rules(writer.connection, put)
    # The rules of a year have no id. The change has one.
    writer.record(
        "support-rules.changed",
        new_id(),
        year=year,
        revision=put.revision,
        training=asdict(training),
        peer_group=asdict(peer_group),
    )
    return put


get_rules = questions.find_rules_as_seen
list_rules = questions.listing.page
