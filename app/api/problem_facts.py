"""The facts of every code, typed for the OpenAPI document, and an example of each problem in the service's words."""

import json
import tomllib
from datetime import date, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from app.domain.organisations.organisations import Language
from app.texts.problems import detail_of, field_error_of, title_of

EXAMPLES = Path(__file__).parents[2] / "openapi" / "problems.toml"
Schema = dict[str, Any]

ID: Schema = {"type": "string", "format": "uuid"}
DAY: Schema = {"type": ["string", "null"], "format": "date"}
TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXT: Schema = {"type": "string"}
HOURS: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "integer"}
FACT: Schema = {
    "type": "object",
    "properties": {"id": ID | {"type": ["string", "null"]}, "state": TEXT, "hours": {"type": ["integer", "null"]}},
    "required": ["id", "state", "hours"],
}
TEXTS: Schema = {"type": "array", "items": TEXT}

FACTS: dict[str, tuple[Schema, str]] = {
    "accepted": (TEXTS, "Media types that the operation takes."),
    "accepted_codings": (TEXTS, "Values of `Content-Encoding` that the operation takes."),
    "acr_values": (TEXTS, "Values of `acr`, one of which the sign-in must have."),
    "active_from": (DAY, "First day of the membership."),
    "active_until": (DAY, "Last day of the membership. `null` if until further notice."),
    "activity": (TEXT, "Activity that is not supported: `training` or `peer_group`."),
    "allotment_available": (HOURS, "Free hours of the allotment, if the hours are for a course or peer group."),
    "allowed": (TEXTS, "States in which the action is possible."),
    "ask": (TEXT, "Role that sets the days of the period."),
    "asked": (NUMBER, "Number of teaching hours that the request needs."),
    "available": (HOURS, "Number of teaching hours that are free."),
    "because": (TEXT, "More exact reason, for example `own-matter`."),
    "checks": ({"type": "object"}, "Results of the checks by name."),
    "change_window": (
        {
            "type": ["object", "null"],
            "properties": {"opens_on": DAY, "closes_on": DAY, "opens_at": TIME},
            "required": ["opens_on", "closes_on", "opens_at"],
        },
        "Window in which the hours can be changed, the one that is open or opens next. `null` if there is none.",
    ),
    "changes": (
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": ID,
                    "organisation_name": TEXT,
                    "what": {"type": "string", "x-extensible-enum": ["proposal", "request", "decision", "membership"]},
                    "before": {"anyOf": [FACT, {"type": "null"}]},
                    "now": {"anyOf": [FACT, {"type": "null"}]},
                },
                "required": ["id", "organisation_name", "what", "before", "now"],
            },
        },
        "Changes for rows with hours since the plan took them in.",
    ),
    "closed_at": (TIME, "Time at which it was closed."),
    "closed_on": (DAY, "Last day of the last period. `null` if there was none."),
    "closes_on": (DAY, "Last day of the next period, or of the plan's own. `null` if not known."),
    "common_available": (
        HOURS,
        "Free common hours that the organisation may draw on, if the hours are for a course or peer group.",
    ),
    "decision_id": (
        {"type": ["string", "null"], "format": "uuid"},
        "ID of the decision on the hours of the year. `null` if there is none.",
    ),
    "enrolled": (NUMBER, "Number of people who have enrolled in the course."),
    "etag": (TEXT, "Current version of the resource."),
    "existing_id": (ID, "ID of the resource that already exists, if you can see it."),
    "faults": (NUMBER, "Number of all errors of a table, of which at most 100 are listed."),
    "finding": (TEXT, "Result of the examination of the file."),
    "header": (TEXT, "Name of the header that is not written as HTTP requires."),
    "holds": (
        {"type": "array", "items": {"type": "object"}},
        "Hours, open proposals, and open training courses and peer groups of the organisation, by year.",
    ),
    "hour_type": (TEXT, "Type of the hours, if a peer group needs them: `peer_group`."),
    "hours_year": (NUMBER, "Calendar year of the hours."),
    "in_use": (HOURS, "Number of hours reserved or used from the allotment."),
    "inherited_from": (
        {"type": ["integer", "null"]},
        "Year whose rules are used. `null` if the year has its own.",
    ),
    "kind": (TEXT, "Kind of the period in the yearly calendar."),
    "largest": ({"type": ["integer", "null"]}, "Maximum size in bytes."),
    "last_day": (DAY, "Last day of the cost statements. `null` if none has been confirmed."),
    "limit": (TEXT, "Kind of requests that count, for example `reads` of a person or an API key in a minute."),
    "lowest": (HOURS, "Minimum of the pool: the hours already granted."),
    "max_age": (NUMBER, "Maximum age of the sign-in in seconds."),
    "missing": (TEXT, "Kind of the deadline that has not been confirmed."),
    "most": (NUMBER, "Limit that has been reached."),
    "most_hours": (HOURS, "Maximum number of hours that can be granted now."),
    "most_values": (NUMBER, "Maximum number of values in the JSON."),
    "needed_from": (TIME, "Time from which another role without an end is needed."),
    "open_comments": ({"type": "array", "items": ID}, "IDs of the comments that have to be closed first."),
    "opened_on": (DAY, "First day of the last period. `null` if there was none, or it had none."),
    "opens_at": (TIME, "Time at which the next period begins. `null` if not known."),
    "opens_on": (DAY, "First day of the next period, or of the plan's own. `null` if not known."),
    "organisation_id": (ID, "ID of the organisation that the error concerns."),
    "overlaps_with": (ID, "ID of the other resource that covers some of the same days."),
    "parent_id": (ID, "ID of the organisation that cannot be above."),
    "people": (TEXT, "Path of the list of demo people."),
    "person_id": (ID, "ID of the person who has both parts."),
    "pool": (
        {
            "type": ["object", "null"],
            "properties": {"before": NUMBER, "now": NUMBER},
            "required": ["before", "now"],
        },
        "Free hours of the pool, as the plan knows them and now. `null` if they are the same.",
    ),
    "reserved": (HOURS, "Number of hours that are reserved."),
    "retry_after": (NUMBER, "Number of seconds to wait."),
    "retry_at": (TIME, "Time from which the request may be sent again."),
    "places": (NUMBER, "Number of places in the course."),
    "pointers": (TEXTS, "JSON pointers to the fields that the decision concerns."),
    "roles": (TEXTS, "Roles that allow the action."),
    "scope": (TEXT, "Scope that the API key lacks."),
    "see": (TEXT, "Path to call instead."),
    "signature": (NUMBER, "Number of the signature in the document, from 1."),
    "state": (TEXT, "Current state."),
    "still_due": (DAY, "Last day of the cost statements, which has not passed."),
    "still_reserved": (HOURS, "Number of hours that are still reserved."),
    "subject": ({"type": ["string", "null"]}, "Name in the certificate. `null` if it has none."),
    "trainings": (
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": ID,
                    "name": TEXT,
                    "organisation_id": ID,
                    "organisation_name": TEXT,
                    "hours": HOURS,
                    "state": TEXT,
                    "call": {
                        "type": "object",
                        "properties": {"method": TEXT, "path": TEXT, "body": {"type": ["object", "null"]}},
                        "required": ["method", "path", "body"],
                    },
                },
                "required": ["id", "name", "organisation_id", "organisation_name", "hours", "state", "call"],
            },
        },
        "The first 100 training courses and peer groups that have reserved hours, each with the call that settles it. "
        "Replace each `null` in its `body`. An approval may also need a `reason`.",
    ),
    "trainings_total": (NUMBER, "Number of training courses and peer groups that have reserved hours."),
    "unit_id": (ID, "ID of the district or association."),
    "unmet": (TEXTS, "Criteria that are not met."),
    "waiting_for": (
        {"type": ["string", "array"], "items": ID},
        "Side whose turn it is: `organisation` or `study_centre`. Of missing opinions, the IDs of the reviewers.",
    ),
    "year": (NUMBER, "Calendar year."),
}
FACTS_OF_CODE: dict[tuple[str, str], tuple[Schema, str]] = {
    ("signature-missing", "missing"): (
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "whose": {"type": "string", "x-extensible-enum": ["organisation", "study_centre"]},
                    "what": {"type": "string", "x-extensible-enum": ["signature_image", "signatory"]},
                    "call": TEXT,
                },
                "required": ["whose", "what", "call"],
            },
        },
        "Missing parts of the signatures, each with the method and path of the call that adds it.",
    ),
    ("not-configured", "missing"): (TEXTS, "Settings or fields that have no value."),
}
"""Facts that are something else with this code than with others."""
OF_CODE: dict[str, tuple[str, ...]] = {
    "activity-not-supported": ("activity", "year"),
    "allotment-in-use": ("unit_id", "in_use", "asked"),
    "already-exists": ("existing_id", "year", "because", "decision_id", "change_window"),
    "attachment-refused": ("finding",),
    "assignment-overlap": ("organisation_id", "overlaps_with"),
    "base-right-required": ("organisation_id",),
    "by-invitation-only": ("organisation_id",),
    "deadline-overlap": ("kind", "hours_year", "overlaps_with"),
    "comments-open": ("open_comments",),
    "criteria-unmet": ("unmet",),
    "consent-closed": ("closed_at",),
    "decision-required": ("pointers",),
    "training-not-over": ("opens_at",),
    "enrolment-closed": ("opens_on", "closes_on"),
    "forbidden": ("roles", "because", "scope", "see", "most_hours"),
    "image-refused": ("finding",),
    "last-main-user": ("organisation_id", "needed_from"),
    "last-staff": ("needed_from",),
    "malformed-request": ("header",),
    "not-a-member": ("year", "active_from", "active_until"),
    "not-central": ("organisation_id",),
    "not-configured": ("missing",),
    "not-found": ("people",),
    "not-ready": ("checks",),
    "opinions-missing": ("waiting_for",),
    "organisation-cycle": ("organisation_id", "parent_id"),
    "organisation-in-use": ("holds",),
    "payload-too-large": ("largest", "most_values"),
    "plan-stale": ("changes", "pool"),
    "plan-window-closed": ("opens_on", "closes_on"),
    "pool-exceeded": ("available", "asked", "lowest"),
    "precondition-failed": ("etag",),
    "quota-exceeded": (
        "available",
        "asked",
        "allotment_available",
        "common_available",
        "hour_type",
        "places",
        "enrolled",
    ),
    "rate-limited": ("most", "limit", "retry_after", "retry_at"),
    "runs-no-trainings": ("unit_id", "because"),
    "same-person": ("person_id",),
    "signed-document-refused": ("finding", "signature", "subject"),
    "signature-missing": ("missing",),
    "support-rules-unverified": ("year", "inherited_from"),
    "strong-authentication-required": ("acr_values", "max_age"),
    "token-too-large": ("largest",),
    "too-many": ("most",),
    "training-full": ("places",),
    "unsupported-media-type": ("accepted", "accepted_codings"),
    "validation": ("faults",),
    "window-closed": ("kind", "opened_on", "closed_on", "opens_on", "closes_on", "opens_at", "ask", "because"),
    "wrong-state": (
        "state",
        "allowed",
        "because",
        "reserved",
        "last_day",
        "still_reserved",
        "trainings",
        "trainings_total",
        "still_due",
        "missing",
        "waiting_for",
        "decision_id",
        "change_window",
    ),
    "year-closed": ("year", "closed_at"),
}
"""A code that is not here has no facts; each fact may be missing."""


def schema_name_of(code: str) -> str:
    """`WindowClosedProblem` of `window-closed`."""
    return "".join(word.capitalize() for word in code.split("-")) + "Problem"


def content_of(*codes: str) -> dict[str, Any]:
    """The content of a response with one of these codes: their schemas, and an example of each by reference."""
    schemas = [{"$ref": f"#/components/schemas/{schema_name_of(code)}"} for code in codes]
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    return {
        "application/problem+json": {
            "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
            "examples": examples,
        }
    }


def schema_of(code: str) -> Schema:
    typed = {name: FACTS_OF_CODE.get((code, name), FACTS[name]) for name in OF_CODE.get(code, ())}
    facts = {name: {**schema, "description": description} for name, (schema, description) in typed.items()}
    kind = {"type": "string", "const": code, "description": "Kind of the error."}
    return {
        "description": f"Problem with the code `{code}`.",
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "type": "object",
        "properties": {"code": kind, **facts},
        "required": ["code"],
    }


@cache
def _facts() -> dict[str, dict[str, Any]]:
    return tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))


def example_of(code: str, status: int, language: Language = "en") -> dict[str, Any]:
    """The problem with the facts of `openapi/problems.toml`, which tests compare with real responses."""
    facts = {**_facts().get(code, {})}
    instance = facts.pop("instance", "/v1/hour-returns")
    errors = [
        {
            "pointer": error["pointer"],
            "code": error["code"],
            "detail": field_error_of(error["code"], error["facts"], language),
        }
        for error in facts.pop("errors", [])
    ]
    value = {
        "type": f"/problems/{code}",
        "title": title_of(code, language),
        "status": status,
        "detail": detail_of(code, facts, language),
        "instance": instance,
        "code": code,
        "request_id": "7d2c4f1e9ab84c01b6d3a5f8e0c27194",
        **json.loads(json.dumps(facts, default=_text)),
    }
    if errors:
        value["errors"] = errors
    return {"summary": f"{HTTPStatus(status).phrase}: {value['title']}", "value": value}


def _text(value: date | datetime) -> str:
    return value.isoformat()
