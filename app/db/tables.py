"""Every table, imported into one metadata: for the migrations' environment and the test that compares them."""

from app.db.calendar import deadlines, extensions, reminders
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
from app.db.organisations import bank_accounts, contacts, images, organisations, training_rules
from app.db.people import application_signatures, main_user_applications, people, signatories
from app.db.statements import metadata

__all__ = [
    "application_signatures",
    "bank_accounts",
    "contacts",
    "corrections",
    "deadlines",
    "decisions",
    "distributions",
    "extensions",
    "images",
    "ledger",
    "mails",
    "main_user_applications",
    "messages",
    "metadata",
    "organisations",
    "people",
    "preferences",
    "proposal_revisions",
    "proposals",
    "reminders",
    "returns",
    "signatories",
    "supplementary_requests",
    "training_rules",
]
