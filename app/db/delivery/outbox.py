"""The events of the outbox, and who gets a mail about each."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    ScalarSelect,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, array, distinct_on

from app.db.delivery.preferences import mail_preferences
from app.db.organisations.organisations import name_in, organisations
from app.db.organisations.participant_readers import participant_readers
from app.db.people.api_keys import api_keys
from app.db.people.badge_applications import badge_applications
from app.db.people.badge_definitions import badge_definitions
from app.db.people.main_user_applications import main_user_applications
from app.db.people.people import audit_entries, in_force, outbox, persons, role_grants
from app.db.people.signatories import signatories
from app.db.statements import Command, Connection, Query, columns_of
from app.db.trainings.model_tables import training_model_reviews, training_model_versions, training_models
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import cost_statements, training_changes, trainings
from app.db.trainings.writers import IS_WRITERS_GRANT
from app.domain.delivery.mailed_events import MAIL_OF, MAILED_EVENTS, Recipients
from app.domain.delivery.mails import MailPreference
from app.domain.hours.ledger import HourType
from app.domain.organisations.organisations import Language


@dataclass(frozen=True)
class Recipient:
    """An event with one person who gets a mail about it."""

    event_id: UUID
    event: str
    subject_id: UUID
    organisation_id: UUID | None
    facts: dict[str, Any]
    made_at: datetime
    reason: str | None
    organisation: str | None
    person: str | None
    """The name of the person whom the event concerns."""
    signatory: str | None
    key: str | None
    """The name of the API key."""
    model: str | None
    """The name of the training model that the event is about."""
    badge: str | None
    """The name of the badge that the event is about, in the reader's language."""
    training: str | None
    """The name of the training that the event is about."""
    hour_type: HourType | None
    """Whether that is a training course or a peer group."""
    to: Recipients
    person_id: UUID
    name: str
    email: str
    language: Language
    preference: MailPreference | None


_ids = bindparam("p_ids", type_=ARRAY(Uuid))
_existing: Query[UUID] = Query(select(outbox.c.id).where(outbox.c.id == any_(_ids)))
_not_mailed: Query[UUID] = Query(
    select(outbox.c.id)
    .where(outbox.c.mails_made_at.is_(None))
    .order_by(outbox.c.id)
    .limit(bindparam("p_limit", type_=Integer))
)
_mark = Command(update(outbox).where(outbox.c.id == any_(_ids)).values(mails_made_at=func.clock_timestamp()))


def _json_of(facts: Mapping[str, object]) -> Any:
    return cast(json.dumps(dict(facts)), JSONB)


def _goes_to(recipients: Recipients) -> Any:
    """Whether there is a mail about the event for these recipients. Who is several of them gets the mail of the first
    that it concerns."""
    return or_(
        *(
            and_(outbox.c.event == event, outbox.c.facts.contains(_json_of(MAILED_EVENTS[name].only_if)))
            for (event, to), name in MAIL_OF.items()
            if to == recipients
        )
    )


_in_force = in_force(outbox.c.made_at)
_events = select(outbox.c.id.label("event_id"), role_grants.c.person_id.label("person_id"))
_to_main_users: Select[Any] = (
    _events.join(organisations, organisations.c.id == outbox.c.organisation_id)
    .join(role_grants, role_grants.c.organisation_id == organisations.c.central_organisation_id)
    .where(_goes_to("main_users"), role_grants.c.role == "main_user", _in_force)
)
_to_managers: Select[Any] = (
    _events.join(organisations, organisations.c.id == outbox.c.organisation_id)
    .join(role_grants, role_grants.c.organisation_id == organisations.c.id)
    .where(
        _goes_to("managers"),
        or_(
            and_(organisations.c.kind == "central", role_grants.c.role == "main_user"),
            and_(organisations.c.kind != "central", role_grants.c.role == "unit_manager"),
        ),
        _in_force,
    )
)
_to_staff: Select[Any] = _events.join(role_grants, role_grants.c.role == "staff").where(_goes_to("staff"), _in_force)
_to_readers: Select[Any] = (
    _events.join(role_grants, role_grants.c.role == "staff")
    .join(participant_readers, role_grants.c.person_id == any_(participant_readers.c.person_ids))
    .where(_goes_to("readers"), _in_force)
)


# Who has to choose another signatory: the signatory has not signed yet.
_to_applicants: Select[Any] = (
    select(outbox.c.id, main_user_applications.c.applicant_id)
    .join(main_user_applications, main_user_applications.c.signatory_id == outbox.c.subject_id)
    .where(
        _goes_to("applicants"),
        or_(*(main_user_applications.c.state == state for state in ("draft", "awaiting_signatures"))),
    )
)


def _to_one(recipient: Recipients, fact: str) -> Select[Any]:
    """The person whom a fact names, or the person with whom that person was merged."""
    named = and_(_goes_to(recipient), persons.c.id == outbox.c.facts[fact].as_string().cast(Uuid))
    found = func.coalesce(persons.c.merged_into, persons.c.id)
    return select(outbox.c.id.label("event_id"), found.label("person_id")).join(persons, named)


_training_id = func.coalesce(
    outbox.c.facts["training_id"].as_string().cast(Uuid),
    outbox.c.facts["peer_group_id"].as_string().cast(Uuid),
    outbox.c.subject_id,
)
_statement, _change = cost_statements.alias("statement"), training_changes.alias("change")
_named = array(
    [
        trainings.c.responsible_person_id,
        trainings.c.created_by,
        _statement.c.created_by,
        _change.c.submitted_by,
    ]
)
_made_or_responsible = func.array_cat(
    func.array_cat(_named, trainings.c.senders), _statement.c.senders, type_=ARRAY(Uuid)
)
# Who made it and has no role there any more hears no more of it. Keys of programs are no persons.
_people_of_training = (
    select(role_grants.c.person_id)
    .select_from(trainings)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .outerjoin(_statement, _statement.c.id == outbox.c.subject_id)
    .outerjoin(_change, _change.c.id == outbox.c.subject_id)
    .join(persons, persons.c.id == any_(_made_or_responsible))
    .join(
        role_grants,
        and_(role_grants.c.person_id == func.coalesce(persons.c.merged_into, persons.c.id), IS_WRITERS_GRANT),
    )
    .where(trainings.c.id == _training_id, _in_force)
    .correlate(outbox)
)
_managers_of_training = (
    select(role_grants.c.person_id)
    .select_from(trainings)
    .join(organisations, organisations.c.id == trainings.c.organisation_id)
    .join(role_grants, IS_WRITERS_GRANT)
    .where(
        trainings.c.id == _training_id,
        role_grants.c.role != "training_manager",
        _in_force,
        ~_people_of_training.exists(),
    )
    .correlate(outbox)
)
_responsible = union_all(_people_of_training, _managers_of_training).lateral("responsible")
_to_responsible = (
    select(outbox.c.id.label("event_id"), _responsible.c.person_id)
    .join(_responsible, true())
    .where(_goes_to("responsible"))
)
_of_version = (
    _events.join(training_model_versions, training_model_versions.c.id == outbox.c.subject_id)
    .join(training_models, training_models.c.id == training_model_versions.c.model_id)
    .join(role_grants, role_grants.c.role == "staff")
)
# Who has left the staff hears no more of it.
_to_expert: Select[Any] = _of_version.where(
    _goes_to("expert"), role_grants.c.person_id == training_models.c.expert_id, _in_force
)
_reviews = training_model_reviews.c
_to_reviewers: Select[Any] = _of_version.join(
    training_model_reviews,
    and_(
        _reviews.version_id == training_model_versions.c.id,
        _reviews.submission == training_model_versions.c.submissions,
        _reviews.ended_at.is_(None),
    ),
).where(
    _goes_to("reviewers"),
    role_grants.c.person_id == _reviews.person_id,
    _in_force,
    or_(outbox.c.event != "model-version.opinions-waiting", _reviews.opinion.is_(None)),
)
_model = (
    select(training_models.c.name)
    .where(
        training_models.c.id == func.coalesce(outbox.c.facts["model_id"].as_string().cast(Uuid), outbox.c.subject_id)
    )
    .correlate(outbox)
    .scalar_subquery()
)
_badge = (
    select(badge_definitions.c.name[persons.c.language].as_string())
    .join(badge_applications, badge_applications.c.definition_id == badge_definitions.c.id)
    .where(badge_applications.c.id == outbox.c.subject_id)
    .correlate(outbox, persons)
    .scalar_subquery()
)
_selects: dict[Recipients, Select[Any]] = {
    "person": _to_one("person", "person_id"),
    "signatory": _to_one("signatory", "signatory_person_id"),
    "applicants": _to_applicants,
    "responsible": _to_responsible,
    "expert": _to_expert,
    "reviewers": _to_reviewers,
    "main_users": _to_main_users,
    "managers": _to_managers,
    "staff": _to_staff,
    "readers": _to_readers,
}
_all = union_all(
    *(
        each.where(outbox.c.id == any_(_ids)).add_columns(literal(rank).label("rank"), literal(to).label("recipients"))
        for rank, (to, each) in enumerate(_selects.items())
    )
).subquery()
_addressed = (
    select(_all)
    .order_by(_all.c.event_id, _all.c.person_id, _all.c.rank)
    .ext(distinct_on(_all.c.event_id, _all.c.person_id))
    .subquery()
)


def _name_of(fact: str) -> ScalarSelect[str]:
    return (
        select(_concerned.c.name)
        .where(_concerned.c.id == outbox.c.facts[fact].as_string().cast(Uuid))
        .correlate(outbox)
        .scalar_subquery()
    )


_concerned = persons.alias("concerned")
_signer = persons.alias("signer")
_signatory = (
    select(func.coalesce(_signer.c.name, signatories.c.name))
    .select_from(signatories)
    .outerjoin(_signer, _signer.c.id == signatories.c.person_id)
    .where(
        or_(
            signatories.c.id == outbox.c.subject_id,
            signatories.c.id
            == select(main_user_applications.c.signatory_id)
            .where(main_user_applications.c.id == outbox.c.subject_id)
            .correlate(outbox)
            .scalar_subquery(),
        )
    )
    .correlate(outbox)
    .scalar_subquery()
)
_key = select(api_keys.c.name).where(api_keys.c.id == outbox.c.subject_id).correlate(outbox).scalar_subquery()
# The reason of a decision on a claim may name the learner, who gets it: it is in the claim and not in the audit.
_of_claim = (
    select(participation_claims.c.reason)
    .where(
        participation_claims.c.id == outbox.c.subject_id,
        or_(outbox.c.event == "participation-claim.rejected", outbox.c.event == "participation-claim.revoked"),
    )
    .correlate(outbox)
    .scalar_subquery()
)
_recipients = Query(
    select(
        *columns_of(
            Recipient,
            outbox,
            event_id=outbox.c.id,
            reason=func.coalesce(audit_entries.c.reason, _of_claim),
            organisation=name_in(persons.c.language),
            person=_name_of("person_id"),
            signatory=_signatory,
            key=_key,
            model=_model,
            badge=_badge,
            training=trainings.c.name,
            hour_type=trainings.c.hour_type,
            to=_addressed.c.recipients,
            person_id=persons.c.id,
            name=persons.c.name,
            email=persons.c.verified_email,
            language=persons.c.language,
            preference=mail_preferences.c.mail,
        )
    )
    .select_from(_addressed)
    .join(outbox, outbox.c.id == _addressed.c.event_id)
    # An address that has not been verified gets nothing but the link that verifies it.
    .join(
        persons,
        and_(
            persons.c.id == _addressed.c.person_id, persons.c.erased_at.is_(None), persons.c.verified_email.is_not(None)
        ),
    )
    .outerjoin(trainings, trainings.c.id == _training_id)
    .outerjoin(audit_entries, audit_entries.c.id == outbox.c.id)
    .outerjoin(organisations, organisations.c.id == outbox.c.organisation_id)
    .outerjoin(mail_preferences, mail_preferences.c.person_id == persons.c.id)
    .order_by(outbox.c.id, persons.c.id),
    Recipient,
)


async def find_enqueued(connection: Connection, event_ids: Collection[UUID]) -> set[UUID]:
    """Those of the events that are in the outbox."""
    return set(await _existing.all(connection, p_ids=list(event_ids)))


async def list_not_mailed(connection: Connection, limit: int) -> list[UUID]:
    """Events without mails so far, known by a mark and not by a position: events may commit late."""
    return await _not_mailed.all(connection, p_limit=limit)


async def mark_mailed(connection: Connection, event_ids: Sequence[UUID]) -> None:
    await _mark.run(connection, p_ids=list(event_ids))


async def list_recipients(connection: Connection, event_ids: Sequence[UUID]) -> list[Recipient]:
    """Who gets a mail about each of the events, by the roles held at the time of the event."""
    return await _recipients.all(connection, p_ids=list(event_ids))
