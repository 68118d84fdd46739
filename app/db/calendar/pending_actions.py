"""What waits for one person to decide, sign, confirm or complete: one query for all of it."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    DateTime,
    Table,
    Text,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from app.db.hours.allotment_requests import allotment_requests
from app.db.organisations.bank_accounts import bank_account_changes
from app.db.organisations.organisations import name_in, organisation_ancestors, organisations
from app.db.organisations.payment_accounts import payment_account_changes
from app.db.organisations.training_rules import training_rules
from app.db.paging import clock_of
from app.db.people.application_documents import documents
from app.db.people.application_signatures import main_user_application_signatures
from app.db.people.badge_applications import badge_applications
from app.db.people.main_user_applications import main_user_applications
from app.db.people.onboardings import onboardings
from app.db.people.people import not_ended, persons, role_grants
from app.db.people.role_applications import role_applications
from app.db.people.signatories import signatories
from app.db.sessions import Reader
from app.db.statements import NOW, TODAY, Query, columns_of
from app.domain.calendar.pending_actions import PendingAction
from app.domain.calendar.tasks import TaskKind
from app.domain.organisations.organisations import Language

MOST_ACTIONS = 500

_person, _own_ids = bindparam("p_person", type_=Uuid), bindparam("p_own_ids", type_=ARRAY(Uuid))
_is_staff = bindparam("p_is_staff", type_=Boolean)
_applications, _signatures = main_user_applications.c, main_user_application_signatures.c


def _held(parameter: str) -> Any:
    """Whether the organisation is in the tree of one of the organisations that the parameter names."""
    above = organisation_ancestors.alias()
    return (
        select(above.c.ancestor_id)
        .where(
            above.c.organisation_id == organisations.c.id,
            above.c.ancestor_id == any_(bindparam(parameter, type_=ARRAY(Uuid))),
        )
        .correlate(organisations)
        .exists()
    )


_by_main_user, _by_manager = _held("p_main_user_of"), _held("p_manager_of")


_NO_ID, _NO_TEXT, _NO_TIME = cast(null(), Uuid), cast(null(), Text), cast(null(), DateTime(timezone=True))


def _actions(
    kind: TaskKind,
    table: Table,
    source: Any,
    *,
    application_id: Any = _NO_ID,
    detail: Any = _NO_TEXT,
    name: Any = _NO_TEXT,
    expires_at: Any = _NO_TIME,
    reference: Any = None,
    has_organisation: bool = True,
) -> Any:
    """The select of one kind. `source` joins the table with the organisation of each row, if it has one."""
    return select(
        *columns_of(
            PendingAction,
            table,
            kind=literal(kind),
            organisation_id=organisations.c.id if has_organisation else _NO_ID,
            organisation_name=name_in(bindparam("p_language", type_=Text)) if has_organisation else _NO_TEXT,
            application_id=application_id,
            detail=detail,
            name=name,
            expires_at=expires_at,
            reference=reference if reference is not None else table.c.get("reference", _NO_TEXT),
        )
    ).select_from(source)


def _name_of(person_id: Any) -> Any:
    return select(persons.c.name).where(persons.c.id == person_id).scalar_subquery()


def _is_by_another(person_id: Any) -> Any:
    """Nobody decides what they made themselves, under whatever ID (rulebook §2.2)."""
    return or_(person_id.is_(None), person_id != all_(_own_ids))


def _with_organisation(table: Any) -> Any:
    return table.join(organisations, organisations.c.id == table.c.organisation_id)


_with_signatory = _with_organisation(main_user_applications).join(
    signatories, signatories.c.id == _applications.signatory_id
)
_role_applications = _actions(
    "role_application",
    role_applications,
    _with_organisation(role_applications).outerjoin(
        training_rules, training_rules.c.organisation_id == organisations.c.central_organisation_id
    ),
    detail=role_applications.c.role,
    name=_name_of(role_applications.c.person_id),
).where(
    role_applications.c.state == "applied",
    _is_by_another(role_applications.c.person_id),
    or_(
        _is_staff,
        _by_main_user,
        and_(
            role_applications.c.role == "training_manager",
            training_rules.c.unit_managers_decide.is_(True),
            _by_manager,
        ),
    ),
)
_drafts = _actions(
    "main_user_application_draft", main_user_applications, _with_organisation(main_user_applications)
).where(_applications.applicant_id == _person, _applications.state == "draft")

_applicant = _name_of(_applications.applicant_id)
_waits = and_(_applications.state == "awaiting_signatures", _applications.expires_at > NOW)
_signs_as = case((_applications.applicant_id == _person, "applicant"), else_="signatory")
# A signature counts only for the document that is current.
_counts = or_(
    _signatures.signed_document_id.is_(None), _signatures.signed_document_id == _applications.signed_document_id
)
_to_sign = _actions(
    "main_user_application_to_sign",
    main_user_applications,
    _with_signatory.join(documents, documents.c.application_id == _applications.id),
    detail=documents.c.digest,
    name=_applicant,
    expires_at=_applications.expires_at,
).where(
    _waits,
    or_(_applications.applicant_id == _person, signatories.c.person_id == _person),
    ~select(_signatures.id)
    .where(_signatures.application_id == _applications.id, _counts, _signatures.signs_as == _signs_as)
    .correlate(main_user_applications)
    .exists(),
)
# Nobody judges an application that they made, that names them, or that their own organisation made (rulebook §2.2).
_may_judge = and_(
    _is_staff,
    ~_by_main_user,
    _is_by_another(_applications.applicant_id),
    _is_by_another(signatories.c.person_id),
)
_to_match = _actions(
    "signature_to_match",
    main_user_application_signatures,
    _with_signatory.join(main_user_application_signatures, _signatures.application_id == _applications.id),
    application_id=_applications.id,
    detail=_signatures.signs_as,
    name=_applicant,
    reference=_applications.reference,
).where(
    or_(_waits, _applications.state == "signed"),
    _signatures.signed_document_id == _applications.signed_document_id,
    _signatures.matched_at.is_(None),
    _may_judge,
)
_to_decide = _actions("main_user_application", main_user_applications, _with_signatory, name=_applicant).where(
    _applications.state == "received", _may_judge
)
_signatories = _actions(
    "signatory",
    signatories,
    _with_organisation(signatories),
    name=func.coalesce(_name_of(signatories.c.person_id), signatories.c.name),
).where(
    signatories.c.confirmed_at.is_(None),
    signatories.c.ended_at.is_(None),
    func.coalesce(signatories.c.valid_until, TODAY) >= TODAY,
    _is_staff,
    ~_by_main_user,
    _is_by_another(signatories.c.entered_by),
    _is_by_another(signatories.c.person_id),
)
_bank_account_changes = _actions(
    "bank_account_change",
    bank_account_changes,
    _with_organisation(bank_account_changes),
    name=_name_of(bank_account_changes.c.proposed_by),
).where(
    bank_account_changes.c.state == "proposed",
    _is_by_another(bank_account_changes.c.proposed_by),
    or_(_is_staff, _by_main_user),
)
_payment_account_changes = _actions(
    "payment_account_change",
    payment_account_changes,
    payment_account_changes,
    name=_name_of(payment_account_changes.c.proposed_by),
    has_organisation=False,
).where(payment_account_changes.c.state == "proposed", _is_by_another(payment_account_changes.c.proposed_by), _is_staff)

_allotment_requests = _actions(
    "allotment_request",
    allotment_requests,
    allotment_requests.join(organisations, organisations.c.id == allotment_requests.c.unit_id),
    detail=cast(allotment_requests.c.hours, Text),
    name=_name_of(allotment_requests.c.submitted_by),
).where(
    allotment_requests.c.state == "submitted",
    _is_by_another(allotment_requests.c.submitted_by),
    _by_main_user,
)


def _if_missing(step: str) -> Any:
    return case((onboardings.c[step].is_(None), step))


_badge_decisions = _actions(
    "badge_decision",
    badge_applications,
    _with_organisation(badge_applications),
    name=_name_of(badge_applications.c.person_id),
).where(
    badge_applications.c.state == "applied",
    _is_by_another(badge_applications.c.person_id),
    _is_staff,
    ~_by_main_user,
)
_badges_to_accept = _actions(
    "badge_acceptance",
    badge_applications,
    _with_organisation(badge_applications),
).where(
    badge_applications.c.state == "granted",
    badge_applications.c.person_id == any_(_own_ids),
)
_missing = func.nullif(
    func.concat_ws(",", *map(_if_missing, ("inducted_on", "service_known_on", "member_services_known_on"))), ""
)
_onboardings = _actions(
    "onboarding",
    onboardings,
    _with_organisation(role_grants).join(onboardings, onboardings.c.role_grant_id == role_grants.c.id),
    detail=_missing,
).where(
    role_grants.c.person_id == _person,
    not_ended(NOW),
    _missing.is_not(None),
)
_all = union_all(
    _role_applications,
    _drafts,
    _to_sign,
    _to_match,
    _to_decide,
    _signatories,
    _bank_account_changes,
    _payment_account_changes,
    _allotment_requests,
    _badge_decisions,
    _badges_to_accept,
    _onboardings,
).subquery("actions")
_found = Query(select(_all).order_by(_all.c.id).limit(MOST_ACTIONS), PendingAction)


async def list_pending_actions(session: Reader, language: Language) -> list[PendingAction]:
    """The actions for the caller, by the roles in force. Names of organisations are in the language."""
    return await _found.all(
        session.connection,
        p_person=session.actor.person_id,
        p_own_ids=session.actor.own_ids,
        p_is_staff=session.actor.has("staff"),
        p_main_user_of=session.actor.organisations_of("main_user"),
        p_manager_of=session.actor.organisations_of("unit_manager"),
        p_language=language,
        **clock_of(session),
    )
