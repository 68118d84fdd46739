"""Every table, imported into one metadata: for the migrations' environment and the test that compares them."""

from app.db.calendar import deadlines, extensions, reminders
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
from app.db.organisations import organisations
from app.db.people import people
from app.db.statements import metadata

__all__ = [
    "corrections",
    "deadlines",
    "decisions",
    "distributions",
    "extensions",
    "ledger",
    "metadata",
    "organisations",
    "people",
    "proposal_revisions",
    "proposals",
    "reminders",
    "returns",
    "supplementary_requests",
]
