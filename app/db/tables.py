"""Every table, imported into one metadata: for the migrations' environment and the test that compares them."""

from app.db.calendar import deadlines, extensions, feeds, reminders
from app.db.delivery import mails, messages, preferences
from app.db.hours import (
    corrections,
    decisions,
    distributions,
    ledger,
    proposal_revisions,
    proposals,
    returns,
    supplementary_requests,
)
from app.db.organisations import bank_accounts, confirmations, contacts, images, organisations, training_rules
from app.db.people import (
    api_keys,
    application_signatures,
    main_user_applications,
    onboardings,
    people,
    role_applications,
    signatories,
)
from app.db.statements import metadata

__all__ = [
    "api_keys",
    "application_signatures",
    "bank_accounts",
    "confirmations",
    "contacts",
    "corrections",
    "deadlines",
    "decisions",
    "distributions",
    "extensions",
    "feeds",
    "images",
    "ledger",
    "mails",
    "main_user_applications",
    "messages",
    "metadata",
    "onboardings",
    "organisations",
    "people",
    "preferences",
    "proposal_revisions",
    "proposals",
    "reminders",
    "returns",
    "role_applications",
    "signatories",
    "supplementary_requests",
    "training_rules",
]
