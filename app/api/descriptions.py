"""Descriptions of fields and parameters whose name says what they are, written once for all operations."""

from collections.abc import Container
from typing import Any

FIELDS = {
    "id": "Unique ID, which never changes.",
    "reference": "Number to call it by, for example `2024-0123`. `null` if it is a dry run.",
    "year": "Calendar year of the hours.",
    "central_organisation_id": "ID of the central organisation at the top of the tree.",
    "created_at": "Time of creation.",
    "created_by": "ID of the person who created the resource.",
    "made_at": "Time of creation.",
    "made_by": "ID of the person who created the resource.",
    "decided_at": "Time of the decision. `null` if no decision has been made.",
    "decided_by": "ID of the person who made the decision. `null` if no decision has been made.",
    "expired_at": "Time of the expiry. `null` if there was none.",
    "expired_because": "Reason of the expiry. `year_closed`: the year was closed. `decided`: the hours were decided. "
    "`moved`: the unit moved to another central organisation. `null` if there was none.",
    "withdrawn_at": "Time of the withdrawal. `null` if there was none.",
    "handler_id": "ID of the staff member who handles the case. `null` if nobody does.",
    "handler_name": "Name of the staff member who handles the case. `null` if nobody does, or the person has been "
    "erased.",
    "phone": "Telephone number. `null` if not known.",
}
PATHS = {
    "version": "Version of the wording.",
    "reference": "Number to call the item by, for example `2024-0123`.",
    "year": "Calendar year.",
    "case_type": "Kind of the case, as in its own path.",
    "case_id": "ID of the proposal, request, return or application.",
    "statement_id": "ID of the cost statement.",
    "number": "Number of the revision, 1 for the first one.",
    "before": "Number of the first of the two that are compared.",
    "after": "Number of the second of the two that are compared.",
    "slug": "Slug of the study centre, for example `demo`.",
    "completion_id": "ID of the completion.",
    "certificate_id": "ID of the certificate.",
    "code": "Code of the certificate, for example `7Q3Z-K0M2-R8XW-4T6B`.",
    "token": "Token from the email.",
    "secret": "Secret part of the feed's path.",
    "key_id": "ID of the API key.",
    "mail_id": "ID of the email.",
    "role_grant_id": "ID of the role.",
}
FILTERS = {
    "organisation_id": "Only items of this organisation.",
    "under": "Only items of this organisation and everything below it.",
    "unit_id": "Only items of this district or association.",
    "parent_id": "Only items directly below this organisation.",
    "regional_office_id": "Only items of this regional office.",
    "definition_id": "Only items of this badge.",
    "person_id": "Only items of this person.",
    "applicant_id": "Only items of this applicant.",
    "handler_id": "Only items that this staff member handles.",
    "cause_id": "Only items with this cause.",
    "corrects_transfer_id": "Only items that put this transfer right.",
    "actor_id": "Only items of this person or API key.",
    "subject_id": "Only items about this resource.",
    "year": "Only items of this year.",
    "hours_year": "Only items that concern hours of this year.",
    "kind": "Only items of this kind.",
    "reference": "Only the item with this reference.",
    "role": "Only items with this role.",
    "state": "Only items in this state.",
    "email": "Only items with this email address.",
    "to": "Only items to this email address.",
    "event": "Only items about this event, for example `hour-proposal.submitted`.",
    "action": "Only entries with this action, for example `hour-proposal.submitted`.",
    "phase": "Only items in this phase.",
    "topic": "Only items of this topic class.",
    "expert_id": "Only items whose expert is this staff member.",
    "section": "Only items about this section.",
    "training_id": "Only items of this training course.",
    "model_id": "Only items of this training model.",
    "participant_id": "Only items of this participant.",
    "peer_group_id": "Only items of this peer group.",
    "municipality": "Only courses with a place in this municipality, by its code of three digits.",
    "mode": "Only items held this way.",
    "q": "Words to search for.",
    "coverage": "Only organisations with this number of main users.",
    "language": "Language of the response.",
}


def describe(document: dict[str, Any]) -> None:
    """Add a description to each field and parameter that has none of its own."""
    schemas = document["components"]["schemas"]
    for schema_name, schema in schemas.items():
        fields = schema.get("properties", {})
        for name, field in fields.items():
            actor = fields.get(name[:-5], {}) if name.endswith("_name") else {}
            named = _naming(actor.get("description", ""))
            _add(field, named or _inherited(schemas, schema_name, name) or FIELDS.get(name) or _named(name))
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        for parameter in operation.get("parameters", ()):
            name = parameter["name"]
            _add(parameter, FILTERS.get(name) if parameter["in"] == "query" else PATHS.get(name) or _named(name))
            if parameter["schema"].get("type") == "array":
                parameter["description"] += " Can be repeated: any of the values."


def _inherited(schemas: dict[str, Any], schema_name: str, field_name: str) -> str | None:
    """The description of the same field of the schema that this one follows."""
    base = _base_of(schema_name, schemas)
    field = schemas[base].get("properties", {}).get(field_name, {}) if base else {}
    return field.get("description") or (_inherited(schemas, base, field_name) if base else None)


def _base_of(name: str, schemas: Container[str]) -> str | None:
    """`VenuePatch` follows `VenueIn`, and that the value itself, `Venue`."""
    value = name.removesuffix("Patch").removesuffix("In")
    bases = (f"{value}In" if name.endswith("Patch") else None, value)
    return next((base for base in bases if base in schemas and base != name), None)


def _add(described: dict[str, Any], description: str | None) -> None:
    if description:
        described.setdefault("description", description)


def _naming(description: str) -> str | None:
    """The name of the one whose ID the field before it has, in the words of its description."""
    who, _, condition = description.partition(". `null` if ")
    if not who.startswith("ID of "):
        return None
    unless = ["you cannot see the person", "the person was erased"]
    if condition:
        unless.insert(0, condition.removesuffix("."))
    return f"Name of {who[6:].removesuffix('.')}. `null` if {', or if '.join(unless)}."


def _named(name: str) -> str | None:
    """`central_organisation_id` is the ID of the central organisation."""
    words, _, last = name.rpartition("_")
    attribute = {"id": "ID", "name": "Name"}.get(last)
    return f"{attribute} of the {words.replace('_', ' ')}." if words and attribute else None
