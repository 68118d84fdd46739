"""Consents for Koski with their wordings, and the identity codes in them, which only the file has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)

from app.db.paging import Listing, any_given, choice, given, seen_by
from app.db.resources import Resource
from app.db.sessions import Reader
from app.db.statements import NOW, Command, Connection, Query, Selection, change_rows, from_json, insert_row
from app.db.trainings.completions import completions
from app.db.trainings.koski_tables import koski_consent_wordings, koski_consents, koski_export_items, koski_exports
from app.db.trainings.model_tables import training_model_versions
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.tables import training_participants, trainings
from app.domain.people.personal_data import HeldByKoski
from app.domain.trainings.koski_consents import (
    ConsentState,
    ConsentWording,
    EntryState,
    IdentityKind,
    KoskiConsent,
    KoskiConsentWording,
    KoskiEntry,
    kept_until,
)
from app.domain.values import Localised

_consents, _items = koski_consents.c, koski_export_items.c

LAST_DAY: Any = func.coalesce(trainings.c.ends_on, func.make_date(cast(trainings.c.year, Integer), 12, 31), type_=Date)
"""The last day of a training. One without sessions ends with its year."""
ACCEPTED_AT: Any = (
    select(func.min(_items.received_at))
    .where(_items.consent_id == _consents.id, _items.outcome == "accepted", _items.action != "cancel")
    .correlate(koski_consents)
    .scalar_subquery()
)
"""When Koski first accepted what the consent was given for."""
STUDY_UNIT: Any = training_model_versions.c.koski_study_unit["code"].as_string()

SETTLED: Any = or_(_items.outcome == "accepted", _items.outcome == "withdrawn_by_learner")
"""Whether Koski has changed what it has."""
_others = koski_consents.alias("of_participant")
_of_participant = and_(_items.consent_id == _others.c.id, _others.c.participant_id == _consents.participant_id)
"""Items of exports, of whatever consent of the same participant."""
_last = (
    select(_items.action, _items.outcome, _items.study_right_oid)
    .where(_of_participant, SETTLED)
    .order_by(_items.received_at.desc(), _items.export_id.desc())
    .limit(1)
    .correlate(koski_consents)
    .lateral("last_item")
)
_is_waiting = (
    select(_items.source_id).where(_of_participant, _items.outcome.is_(None)).correlate(koski_consents).exists()
)
IS_SENT: Any = or_(
    func.coalesce(and_(_last.c.outcome == "accepted", _last.c.action != "cancel"), false()),
    select(_items.source_id)
    .join(koski_exports, koski_exports.c.id == _items.export_id)
    .where(_of_participant, _items.outcome.is_(None), koski_exports.c.file_read_at.is_not(None))
    .correlate(koski_consents)
    .exists(),
)
"""Whether Koski has the participant's completion, or may have it, because a file with it has been read."""
_entry_state = case(
    (_last.c.outcome == "withdrawn_by_learner", literal("withdrawn_by_learner")),
    (and_(_last.c.outcome == "accepted", _last.c.action != "cancel"), literal("accepted")),
    (_is_waiting, literal("prepared")),
    (_last.c.outcome == "accepted", literal("cancelled")),
    else_=literal("none"),
)


@dataclass(frozen=True)
class _Row:
    """A consent as the tables have it."""

    id: UUID
    training_id: UUID
    training_name: str
    organisation_id: UUID
    participant_id: UUID
    person_id: UUID
    wording_version: int
    texts: Localised
    first_names: str | None
    calling_name: str | None
    surname: str | None
    identity_kind: IdentityKind
    has_identity: bool
    last_day: date
    accepted_at: datetime | None
    state: ConsentState
    given_at: datetime
    withdrawn_at: datetime | None
    entry_state: EntryState
    study_right_oid: str | None
    now: datetime


_row = Selection(
    _Row,
    koski_consents,
    training_name=trainings.c.name,
    organisation_id=trainings.c.organisation_id,
    texts=from_json(koski_consent_wordings.c.texts, Localised),
    has_identity=_consents.identity.is_not(None),
    last_day=LAST_DAY,
    accepted_at=ACCEPTED_AT,
    state=case((_consents.withdrawn_at.is_(None), literal("in_force")), else_=literal("withdrawn")),
    entry_state=_entry_state,
    study_right_oid=_last.c.study_right_oid,
    now=cast(NOW, DateTime(timezone=True)),
)


def _consent(*values: Any) -> KoskiConsent:
    row = _row.build(*values)
    until = kept_until(row.last_day, row.accepted_at) if row.has_identity else None
    return KoskiConsent(
        id=row.id,
        training_id=row.training_id,
        training_name=row.training_name,
        organisation_id=row.organisation_id,
        participant_id=row.participant_id,
        person_id=row.person_id,
        wording=ConsentWording(row.wording_version, row.texts),
        first_names=row.first_names,
        calling_name=row.calling_name,
        surname=row.surname,
        identity_kind=row.identity_kind,
        identity_until=until if until and until > row.now else None,
        state=row.state,
        given_at=row.given_at,
        withdrawn_at=row.withdrawn_at,
        entry=KoskiEntry(row.entry_state, row.study_right_oid),
    )


def _joined(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(koski_consents)
        .join(trainings, trainings.c.id == _consents.training_id)
        .join(koski_consent_wordings, koski_consent_wordings.c.version == _consents.wording_version)
        .outerjoin(_last, true())
    )


_state = case((_consents.withdrawn_at.is_(None), literal("in_force")), else_=literal("withdrawn"))
consents = Resource(
    _joined(select(*_row.columns)),
    _consent,
    koski_consents,
    filters={
        "own_ids": _consents.person_id == any_(bindparam("p_own_ids", type_=ARRAY(Uuid))),
        "training_id": any_given(_consents.training_id, "training_id"),
        "participant_id": any_given(_consents.participant_id, "participant_id"),
        "state": choice("state", Text, lambda state: _state == state),
    },
)
"""Consents. Who sees one is a question for the use case."""
_of_learner = Query(
    _joined(select(*_row.columns))
    .where(_consents.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))))
    .order_by(_consents.id),
    _consent,
)


@dataclass(frozen=True)
class ConsentPlace:
    """The participant for whom a consent is given."""

    training_id: UUID
    organisation_id: UUID
    last_day: date
    study_unit: str | None
    """`None` if Koski takes no completions of the training."""
    learner_id: UUID | None
    """The person who has claimed the participant."""


_training_of: Query[UUID] = Query(
    select(training_participants.c.training_id).where(given(training_participants.c.id, "id"))
)
_place = Query(
    select(
        trainings.c.id.label("training_id"),
        trainings.c.organisation_id,
        LAST_DAY.label("last_day"),
        STUDY_UNIT.label("study_unit"),
        participation_claims.c.person_id.label("learner_id"),
    )
    .select_from(training_participants)
    .join(trainings, trainings.c.id == training_participants.c.training_id)
    .outerjoin(training_model_versions, training_model_versions.c.id == trainings.c.model_version_id)
    .outerjoin(
        participation_claims,
        and_(
            participation_claims.c.participant_id == training_participants.c.id,
            participation_claims.c.state == "granted",
        ),
    )
    .where(given(training_participants.c.id, "id"))
    .with_for_update(key_share=True, of=training_participants),
    ConsentPlace,
)
_in_force: Query[UUID] = Query(
    select(_consents.id).where(given(_consents.participant_id, "participant_id"), _consents.withdrawn_at.is_(None))
)
_wording = Selection(
    KoskiConsentWording, koski_consent_wordings, texts=from_json(koski_consent_wordings.c.texts, Localised)
)
wordings = Listing(select(*_wording.columns), _wording.build, key=[koski_consent_wordings.c.version])
_one_wording = Query(
    select(*_wording.columns).where(given(koski_consent_wordings.c.version, "version")), _wording.build
)
_newest: Query[int] = Query(select(func.max(koski_consent_wordings.c.version)))


async def list_of_learner(session: Reader, person_ids: Sequence[UUID]) -> list[KoskiConsent]:
    """All consents that the person has given, the oldest first."""
    return await _of_learner.all(session.connection, p_person_ids=list(person_ids), **seen_by(session))


async def find_wording(session: Reader, version: int) -> KoskiConsentWording | None:
    return await _one_wording.first(session.connection, p_version=version, **seen_by(session))


async def find_newest_wording(connection: Connection) -> int | None:
    return await _newest.first(connection)


async def find_training_of(connection: Connection, participant_id: UUID) -> UUID | None:
    """The training of a participant, which never changes."""
    return await _training_of.first(connection, p_id=participant_id)


async def lock_place(connection: Connection, participant_id: UUID) -> ConsentPlace | None:
    """Nobody else gives a consent for the participant until the transaction ends."""
    return await _place.first(connection, p_id=participant_id)


async def find_in_force(connection: Connection, participant_id: UUID) -> UUID | None:
    return await _in_force.first(connection, p_participant_id=participant_id)


async def insert_consent(
    connection: Connection, consent_id: UUID, *, identity: bytes, given_at: datetime, **columns: object
) -> None:
    await insert_row(connection, koski_consents, id=consent_id, identity=identity, given_at=given_at, **columns)


_standing, _cancelling = koski_consents.alias("in_force"), koski_consents.alias("cancelling")
_has_consent = (
    select(_standing.c.id)
    .where(_standing.c.participant_id == _consents.participant_id, _standing.c.withdrawn_at.is_(None))
    .correlate(koski_consents)
    .exists()
)
_is_passed = (
    select(completions.c.id)
    .where(
        completions.c.participant_id == _consents.participant_id,
        completions.c.state == "in_force",
        completions.c.outcome == "passed",
    )
    .correlate(koski_consents)
    .exists()
)
_is_being_cancelled = (
    select(_items.source_id)
    .join(_cancelling, _cancelling.c.id == _items.consent_id)
    .where(
        _cancelling.c.participant_id == _consents.participant_id,
        _items.outcome.is_(None),
        _items.action == "cancel",
    )
    .correlate(koski_consents)
    .exists()
)
IS_TO_CANCEL: Any = and_(IS_SENT, ~and_(_has_consent, _is_passed), ~_is_being_cancelled)
"""Whether Koski has, or may have, a completion that it is not to have any more: the consent was withdrawn, or the
completion was corrected and is not passed. Once an export cancels it, that waits for a receipt."""
WITH_LAST = koski_consents.outerjoin(_last, true())
"""The consents, each with its last item of an export, as `IS_TO_CANCEL` needs it."""
TO_CANCEL_SINCE = func.coalesce(
    _consents.withdrawn_at,
    select(func.max(completions.c.recorded_at))
    .where(completions.c.participant_id == _consents.participant_id, completions.c.state == "in_force")
    .correlate(koski_consents)
    .scalar_subquery(),
)
"""Since when the entry waits to be cancelled: since the withdrawal, or since the correction."""


def has_to_cancel(training_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether Koski has an entry of the training that is to be cancelled."""
    return (
        select(_consents.id).select_from(WITH_LAST).where(_consents.training_id == training_id, IS_TO_CANCEL).exists()
    )


_to_end: Query[UUID] = Query(
    _joined(select(_consents.id))
    .where(
        _consents.withdrawn_at.is_(None),
        or_(
            _consents.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))),
            given(_consents.participant_id, "participant_id"),
            given(_consents.training_id, "training_id"),
        ),
        ~IS_SENT,
    )
    .order_by(_consents.id)
    .with_for_update(key_share=True, of=koski_consents)
)
_completed = completions.alias("completed")
_sent: Query[UUID] = Query(
    _joined(select(_consents.id)).where(_consents.id == any_(bindparam("p_ids", type_=ARRAY(Uuid))), IS_SENT)
)
_entry_to_cancel: Query[UUID] = Query(
    select(_consents.id).select_from(WITH_LAST).where(given(_consents.participant_id, "participant_id"), IS_TO_CANCEL)
)
_emptied = Command(
    update(koski_consents)
    .where(_consents.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))))
    .values(identity=null(), first_names=null(), calling_name=null(), surname=null())
)
_nobody = UUID(int=0)


async def is_entry_to_cancel(connection: Connection, participant_id: UUID) -> bool:
    """Whether Koski has an entry of the participant that is to be cancelled."""
    return await _entry_to_cancel.first(connection, p_participant_id=participant_id) is not None


async def list_not_sent_of_people(connection: Connection, person_ids: Sequence[UUID]) -> list[UUID]:
    """The people's consents in force of which Koski has nothing. They are locked."""
    return await _to_end.all(connection, p_person_ids=list(person_ids), p_participant_id=_nobody, p_training_id=_nobody)


async def list_not_sent_of_participant(connection: Connection, participant_id: UUID) -> list[UUID]:
    """The participant's consent in force, if Koski has nothing of it. It is locked."""
    return await _to_end.all(connection, p_person_ids=[], p_participant_id=participant_id, p_training_id=_nobody)


async def list_not_sent_of_training(connection: Connection, training_id: UUID) -> list[UUID]:
    """The consents in force of a training's participants of which Koski has nothing. They are locked."""
    return await _to_end.all(connection, p_person_ids=[], p_participant_id=_nobody, p_training_id=training_id)


async def list_sent(connection: Connection, consent_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the consents of which Koski has something, or may have it."""
    return await _sent.all(connection, p_ids=list(consent_ids))


_held = Query(
    select(
        _completed.c.id.label("completion_id"),
        _consents.training_id,
        _last.c.study_right_oid,
    )
    .select_from(koski_consents)
    .join(trainings, trainings.c.id == _consents.training_id)
    .outerjoin(_last, true())
    .join(_completed, and_(_completed.c.participant_id == _consents.participant_id, _completed.c.state == "in_force"))
    .where(_consents.person_id == any_(bindparam("p_person_ids", type_=ARRAY(Uuid))), IS_SENT)
    .distinct()
    .order_by(_completed.c.id),
    HeldByKoski,
)


async def list_held_by_koski(connection: Connection, person_ids: Sequence[UUID]) -> list[HeldByKoski]:
    """The people's completions that Koski has, or may have."""
    return await _held.all(connection, p_person_ids=list(person_ids))


async def empty_consents(connection: Connection, person_ids: Sequence[UUID]) -> None:
    """Delete names, identity codes and learner numbers of the people."""
    await _emptied.run(connection, p_person_ids=list(person_ids))


async def withdraw_consents(connection: Connection, consent_ids: Sequence[UUID], now: datetime) -> None:
    """Withdraw them, and delete their identity codes."""
    await change_rows(connection, koski_consents, consent_ids, withdrawn_at=now, identity=None)


@dataclass(frozen=True)
class KeptIdentity:
    """An encrypted identity code or learner number, and what decides how long it is kept."""

    consent_id: UUID
    person_id: UUID
    kind: IdentityKind
    identity: bytes
    last_day: date
    accepted_at: datetime | None

    @property
    def until(self) -> datetime:
        return kept_until(self.last_day, self.accepted_at)


_kept = Query(
    select(
        _consents.id.label("consent_id"),
        _consents.person_id,
        _consents.identity_kind.label("kind"),
        _consents.identity,
        LAST_DAY.label("last_day"),
        ACCEPTED_AT.label("accepted_at"),
    )
    .select_from(koski_consents)
    .join(trainings, trainings.c.id == _consents.training_id)
    .where(_consents.identity.is_not(None)),
    KeptIdentity,
)


async def list_kept_identities(connection: Connection) -> list[KeptIdentity]:
    """All identity codes and learner numbers of the study centre, also those whose time has passed since the last
    night."""
    return await _kept.all(connection)


async def delete_identities(connection: Connection, consent_ids: Sequence[UUID]) -> None:
    await change_rows(connection, koski_consents, consent_ids, identity=None)
