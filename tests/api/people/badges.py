"""A study centre that issues badges: its service has a public address, at which everything can be fetched."""

import io
from typing import Any
from uuid import UUID

import httpx
from PIL import Image

from tests.builders import Centre, Person

DEFINITIONS, APPLICATIONS = "/v1/badge-definitions", "/v1/badge-applications"
SLUG = "merkit"
TEXTS = {"fi": "Pääkäyttäjä", "sv": "Huvudanvändare", "en": "Main user"}
HELD = {"kind": "role_held", "role": "main_user", "months": 12}


def picture(colour: str = "navy") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(drawn, "PNG")
    return drawn.getvalue()


def body(**changed: Any) -> dict[str, Any]:
    texts = {"name": TEXTS, "description": TEXTS, "criteria_text": TEXTS}
    return {**texts, "criteria": [], "months_valid": None, **changed}


def draft(staff: Person, **changed: Any) -> dict[str, Any]:
    made = staff.post(DEFINITIONS, body(**changed))
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def upload(staff: Person, definition_id: str, content: bytes = b"", media_type: str = "image/png") -> httpx.Response:
    return staff.client.put(
        f"{DEFINITIONS}/{definition_id}/image", content=content or picture(), headers={"Content-Type": media_type}
    )


def published(staff: Person, **changed: Any) -> dict[str, Any]:
    made = draft(staff, **changed)
    assert upload(staff, made["id"]).status_code == 200
    answer = staff.post(f"{DEFINITIONS}/{made['id']}/publication")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def apply(main_user: Person, definition: dict[str, Any], organisation_id: UUID) -> httpx.Response:
    return main_user.post(APPLICATIONS, {"definition_id": definition["id"], "organisation_id": str(organisation_id)})


def decide(staff: Person, application: dict[str, Any], outcome: str = "granted", **more: Any) -> httpx.Response:
    return staff.post(f"{APPLICATIONS}/{application['id']}/decision", {"outcome": outcome, **more})


def granted(
    staff: Person, main_user: Person, organisation_id: UUID, definition: dict[str, Any] | None = None
) -> dict[str, Any]:
    made = apply(main_user, definition or published(staff), organisation_id)
    assert made.status_code == 201, made.text
    answer = decide(staff, made.json())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def accepted(
    staff: Person, main_user: Person, organisation_id: UUID, definition: dict[str, Any] | None = None
) -> dict[str, Any]:
    application = granted(staff, main_user, organisation_id, definition)
    answer = main_user.post(f"{APPLICATIONS}/{application['id']}/acceptance")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def named(centre: Centre) -> Centre:
    """With a name in public addresses, of the test's own."""
    slug = f"{SLUG}-{centre.id.hex[-12:]}"
    centre.owner.execute("UPDATE study_centres SET slug = %s WHERE id = %s", [slug, centre.id])
    return centre


def credential_of(earner: Person, application: dict[str, Any]) -> str:
    answer = earner.get(f"{APPLICATIONS}/{application['id']}/credential")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/jwt"
    return answer.text
