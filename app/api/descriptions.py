"""Descriptions of fields and parameters whose name says what they are, written once for all operations."""

from typing import Any

FIELDS = {
    "id": "Unique ID, which never changes.",
    "year": "Calendar year of the hours.",
    "central_organisation_id": "ID of the central organisation at the top of the tree.",
    "created_at": "Time of creation.",
    "created_by": "ID of the person who created the resource.",
    "made_at": "Time of creation.",
    "made_by": "ID of the person who created the resource.",
    "decided_at": "Time of the decision. `null` if no decision has been made.",
    "decided_by": "ID of the person who made the decision. `null` if no decision has been made.",
    "withdrawn_at": "Time of the withdrawal. `null` if there was none.",
    "phone": "Telephone number. `null` if not known.",
}
FILTERS = {
    "organisation_id": "Only items of this organisation.",
    "person_id": "Only items of this person.",
    "under": "Only items of this organisation and everything below it.",
    "year": "Only items of this year.",
    "hours_year": "Only items that concern hours of this year.",
    "kind": "Only items of this kind.",
    "role": "Only items with this role.",
    "state": "Only items in this state.",
}
BASES = {"HourProposal": "HourProposalSummary", "NewCalendarFeed": "CalendarFeed"}
"""Pydantic reads the docstrings of a dataclass's own fields only: those of the base are copied."""


def describe(document: dict[str, Any]) -> None:
    """Add a description to each field and parameter that has none of its own."""
    schemas = document["components"]["schemas"]
    for derived, base in BASES.items():
        for name, field in schemas[base]["properties"].items():
            _add(schemas[derived]["properties"][name], field.get("description"))
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            _add(field, FIELDS.get(name) or _named(name))
    for operation in (operation for path in document["paths"].values() for operation in path.values()):
        for parameter in operation.get("parameters", ()):
            _add(parameter, FILTERS.get(parameter["name"]) if parameter["in"] == "query" else _named(parameter["name"]))


def _add(described: dict[str, Any], description: str | None) -> None:
    if description:
        described.setdefault("description", description)


def _named(name: str) -> str | None:
    """`central_organisation_id` is the ID of the central organisation."""
    words, _, last = name.rpartition("_")
    attribute = {"id": "ID", "name": "Name"}.get(last)
    return f"{attribute} of the {words.replace('_', ' ')}." if words and attribute else None
