"""Merging two people: what is moved to the person who remains. Records of who did what are not moved."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, and_, any_, bindparam, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.calendar.feeds import calendar_feeds
from app.db.delivery.preferences import mail_preferences
from app.db.hours.cases import HANDLED
from app.db.organisations.confirmations import organisation_confirmations
from app.db.organisations.contacts import contact_assignments
from app.db.paging import seen_by
from app.db.people.application_signatures import main_user_application_signatures
from app.db.people.badge_applications import badge_applications
from app.db.people.main_user_applications import is_open, main_user_applications
from app.db.people.people import not_ended, persons, role_grants
from app.db.people.role_applications import applied, role_applications
from app.db.people.signatories import signatories
from app.db.sessions import Reader
from app.db.statements import Command, Connection, Query
from app.db.trainings.koski_tables import koski_consents, koski_export_items
from app.db.trainings.model_tables import training_model_reviews, training_models
from app.db.trainings.participation_claims import participation_claims
from app.db.trainings.study_register_shares import study_register_shares
from app.db.trainings.tables import trainings
from app.domain.people.role_applications import RoleApplication

_from, _to = bindparam("p_from", type_=Uuid), bindparam("p_to", type_=Uuid)
_both = bindparam("p_both", type_=ARRAY(Uuid))
_now = bindparam("p_now", type_=DateTime(timezone=True))

_centres_of_main_users: Query[UUID] = Query(
    select(role_grants.c.organisation_id)
    .where(role_grants.c.role == "main_user", role_grants.c.person_id == any_(_both))
    .distinct()
    .order_by(role_grants.c.organisation_id)
)

_held, _asked = role_grants.alias("held"), role_applications.alias("asked")
_is_held = exists().where(
    _held.c.person_id == any_(_both),
    _held.c.role == role_applications.c.role,
    _held.c.organisation_id == role_applications.c.organisation_id,
    not_ended(_now, _held),
)
_is_asked_too = exists().where(
    _asked.c.person_id == _to,
    _asked.c.role == role_applications.c.role,
    _asked.c.organisation_id == role_applications.c.organisation_id,
    _asked.c.state == "applied",
)
_pointless = Query(
    applied.where(
        role_applications.c.person_id == any_(_both),
        role_applications.c.state == "applied",
        or_(_is_held, and_(role_applications.c.person_id == _from, _is_asked_too)),
    )
    .order_by(role_applications.c.id)
    .with_for_update(key_share=True, of=role_applications),
    RoleApplication,
)
_parties = (main_user_applications.c.applicant_id, signatories.c.person_id)
_is_matched_by_them = exists().where(
    main_user_application_signatures.c.application_id == main_user_applications.c.id,
    main_user_application_signatures.c.signed_document_id == main_user_applications.c.signed_document_id,
    main_user_application_signatures.c.matched_by == any_(_both),
)
_open_applications: Query[UUID] = Query(
    select(main_user_applications.c.id)
    .join(signatories, signatories.c.id == main_user_applications.c.signatory_id)
    .where(
        is_open,
        or_(
            main_user_applications.c.applicant_id == _from,
            and_(main_user_applications.c.applicant_id == _to, signatories.c.person_id == _from),
            and_(or_(*(party == any_(_both) for party in _parties)), _is_matched_by_them),
        ),
    )
    .order_by(main_user_applications.c.id)
)
_confirmed = organisation_confirmations.alias("confirmed")
_earned = badge_applications.alias("earned")
_reviewing = training_model_reviews.alias("reviewing")
_preferred = select(_to, mail_preferences.c.mail).where(mail_preferences.c.person_id == _from)
_OF_KOSKI = (koski_consents, koski_export_items)
_moves = (
    Command(update(role_grants).where(role_grants.c.person_id == _from).values(person_id=_to)),
    # Nobody decides their own claim: those that the remaining person decided are not moved.
    Command(
        update(participation_claims)
        .where(participation_claims.c.person_id == _from, participation_claims.c.decided_by.is_distinct_from(_to))
        .values(person_id=_to)
    ),
    Command(update(study_register_shares).where(study_register_shares.c.person_id == _from).values(person_id=_to)),
    # Nobody decides their own application: those that the remaining person decided are not moved.
    Command(
        update(role_applications)
        .where(role_applications.c.person_id == _from, role_applications.c.decided_by.is_distinct_from(_to))
        .values(person_id=_to)
    ),
    Command(
        update(signatories)
        .where(signatories.c.person_id == _from, signatories.c.confirmed_by.is_distinct_from(_to))
        .values(person_id=_to)
    ),
    Command(update(contact_assignments).where(contact_assignments.c.person_id == _from).values(person_id=_to)),
    *(Command(update(table).where(table.c.handler_id == _from).values(handler_id=_to)) for table in HANDLED),
    Command(update(trainings).where(trainings.c.responsible_person_id == _from).values(responsible_person_id=_to)),
    Command(update(training_models).where(training_models.c.expert_id == _from).values(expert_id=_to)),
    # Two reviewers who turn out to be one person are one reviewer: another is named.
    Command(
        update(training_model_reviews)
        .where(
            training_model_reviews.c.person_id == _from,
            training_model_reviews.c.ended_at.is_(None),
            exists().where(
                _reviewing.c.person_id == _to,
                _reviewing.c.version_id == training_model_reviews.c.version_id,
                _reviewing.c.submission == training_model_reviews.c.submission,
                _reviewing.c.ended_at.is_(None),
            ),
        )
        .values(ended_at=_now)
    ),
    Command(update(training_model_reviews).where(training_model_reviews.c.person_id == _from).values(person_id=_to)),
    *(Command(update(table).where(table.c.person_id == _from).values(person_id=_to)) for table in _OF_KOSKI),
    # A badge that both hold or have applied for counts once; both stay valid.
    Command(
        update(badge_applications)
        .where(
            badge_applications.c.person_id == _from,
            exists().where(
                _earned.c.person_id == _to,
                _earned.c.definition_id == badge_applications.c.definition_id,
                or_(*(_earned.c.state == state for state in ("applied", "granted", "accepted"))),
                ~_earned.c.is_renewed,
            ),
        )
        .values(is_renewed=True)
    ),
    # Nobody decides their own: those that the remaining person decided are not moved.
    Command(
        update(badge_applications)
        .where(badge_applications.c.person_id == _from, badge_applications.c.decided_by.is_distinct_from(_to))
        .values(person_id=_to)
    ),
    Command(update(calendar_feeds).where(calendar_feeds.c.person_id == _from).values(person_id=_to)),
    Command(
        update(organisation_confirmations)
        .where(
            organisation_confirmations.c.person_id == _from,
            ~exists().where(
                _confirmed.c.person_id == _to,
                _confirmed.c.organisation_id == organisation_confirmations.c.organisation_id,
                _confirmed.c.year == organisation_confirmations.c.year,
            ),
        )
        .values(person_id=_to)
    ),
    Command(insert(mail_preferences).from_select(["person_id", "mail"], _preferred).on_conflict_do_nothing()),
    Command(delete(mail_preferences).where(mail_preferences.c.person_id == _from)),
    # People who were merged into the other before are found in one step too.
    Command(update(persons).where(or_(persons.c.id == _from, persons.c.merged_into == _from)).values(merged_into=_to)),
)


async def list_centres_of_main_users(connection: Connection, ids: list[UUID]) -> list[UUID]:
    """The organisations of which these people are, were or will be main users, in id order."""
    return await _centres_of_main_users.all(connection, p_both=ids)


async def list_open_applications(connection: Connection, from_id: UUID, to_id: UUID) -> list[UUID]:
    """The open main-user applications that must end: the document names the other person, or both of them as signers,
    or one of them, as staff, confirmed a signature of an application that the other signs."""
    return await _open_applications.all(connection, p_from=from_id, p_to=to_id, p_both=[from_id, to_id])


async def lock_pointless_role_applications(session: Reader, from_id: UUID, to_id: UUID) -> list[RoleApplication]:
    """The open applications for a role that one of the two has, or for which both apply."""
    ids = {"p_from": from_id, "p_to": to_id, "p_both": [from_id, to_id]}
    return await _pointless.all(session.connection, **ids, **seen_by(session))


async def move_all(connection: Connection, from_id: UUID, to_id: UUID, at: datetime) -> None:
    """Move sign-ins, roles and all else from one person to another. This cannot be undone."""
    for command in _moves:
        await command.run(connection, p_from=from_id, p_to=to_id, p_now=at)
    # Last: the database gives sign-ins away only for a person who was merged.
    await connection.execute("SELECT give_callers(%s, %s)", [from_id, to_id])
