"""Refusals of the database as refusals of the domain: a constraint is the second lock on every invariant."""

import json
from datetime import datetime

from psycopg import errors

from app.domain.errors import (
    AlreadyExists,
    AssignmentOverlap,
    DeadlineOverlap,
    DomainError,
    LastMainUser,
    NotFound,
    PoolExceeded,
    QuotaExceeded,
    YearClosed,
)

OVERDRAWN = "TP001"
YEAR_CLOSED = "TP002"

REFUSALS: dict[str, type[DomainError]] = {
    "persons_verified_email_once": AlreadyExists,
    "callers_sign_in_once": AlreadyExists,
    "organisations_business_id_once": AlreadyExists,
    "deadlines_no_overlap": DeadlineOverlap,
    "hour_proposals_one_a_year": AlreadyExists,
    "hour_decisions_one_a_year": AlreadyExists,
    "peer_group_quotas_one_a_year": AlreadyExists,
    "allotment_requests_one_open": AlreadyExists,
    "bank_account_changes_one_open": AlreadyExists,
    "regional_offices_name_once": AlreadyExists,
    "study_centres_slug_once": AlreadyExists,
    "topic_classes_code_once": AlreadyExists,
    "training_strategies_one_draft": AlreadyExists,
    "training_participants_address_once": AlreadyExists,
    "training_model_versions_one_open": AlreadyExists,
    "completions_one_in_force": AlreadyExists,
    "certificates_one_in_force": AlreadyExists,
    "participation_claims_one_a_training": AlreadyExists,
    "participation_claims_one_learner": AlreadyExists,
    "contact_assignments_no_overlap": AssignmentOverlap,
    "hour_transfers_posted_once": AlreadyExists,
    "role_grants_organisation_fkey": NotFound,
    "main_user_applications_one_open": AlreadyExists,
    "main_user_application_signatures_one_in_service": AlreadyExists,
    "main_user_application_signatures_one_match": AlreadyExists,
    "role_grants_main_user_remains": LastMainUser,
    "role_applications_one_open": AlreadyExists,
    "badge_applications_one_open": AlreadyExists,
    "onboardings_one_a_grant": AlreadyExists,
    "organisation_confirmations_once": AlreadyExists,
}
"""Refusals by constraint. One that is missing here is an error of the service: a 500."""


def refusal_of(error: errors.Error) -> DomainError | None:
    """Return the refusal behind a database error; None if there is none."""
    if error.sqlstate == OVERDRAWN:
        facts = json.loads(error.diag.message_detail or "{}")
        exceeded = PoolExceeded if facts["account"] == "pool" else QuotaExceeded
        return exceeded(available=facts["available"], asked=facts["asked"])
    if error.sqlstate == YEAR_CLOSED:
        facts = json.loads(error.diag.message_detail or "{}")
        return YearClosed(year=facts["year"], closed_at=datetime.fromisoformat(facts["closed_at"]))
    refusal = REFUSALS.get(error.diag.constraint_name or "")
    return refusal() if refusal else None
