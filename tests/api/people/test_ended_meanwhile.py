"""Requests of a person who is merged or erased at the same time: they wait, and then nothing is left of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.local.embedded_postgres import Addresses
from tests.api.people.badges import apply, named, published
from tests.builders import Centre, refusal
from tests.learners import Learner, consent_of, course, learner, model_version, wording
from tests.locks import another, until_one_waits
from tests.trainings import participant_reader

Act = Callable[[Learner, dict[str, Any]], httpx.Response]


@pytest.fixture
def centre(centre: Centre, public_service: str) -> Centre:
    centre.address = public_service
    return named(centre)


@pytest.fixture
def aava(centre: Centre, central: UUID) -> Learner:
    """A main user who is the learner of one course."""
    centre.clock(2023, 3, 1, 9)
    wording(participant_reader(centre))
    return learner(centre, course(centre, central, model_version(centre, central)), centre.main_user(central))


def claim(of: Learner, known: dict[str, Any]) -> httpx.Response:
    return of.person.post("/v1/participation-claims", {"training_id": known["course"]})


def consent(of: Learner, _: dict[str, Any]) -> httpx.Response:
    return of.person.post("/v1/koski-consents", consent_of(of))


def share(of: Learner, _: dict[str, Any]) -> httpx.Response:
    return of.person.post("/v1/me/study-register/shares", {"expires_on": "2023-04-01"})


def badge(of: Learner, known: dict[str, Any]) -> httpx.Response:
    return apply(of.person, known["badge"], known["central"])


def role(of: Learner, known: dict[str, Any]) -> httpx.Response:
    body = {"organisation_id": known["other"], "role": "training_manager"}
    return of.person.post("/v1/role-applications", body)


def invitation(of: Learner, known: dict[str, Any]) -> httpx.Response:
    body = {"organisation_id": str(known["central"]), "role": "training_manager", "email": "uusi@jarjesto.example"}
    return of.person.post("/v1/role-invitations", body)


def change(of: Learner, _: dict[str, Any]) -> httpx.Response:
    return of.person.patch("/v1/me", {"phone": "+358 40 1234567"}, etag=of.person.get("/v1/me").headers["ETag"])


@pytest.mark.parametrize("act", [claim, consent, share, badge, role, invitation, change])
@pytest.mark.parametrize("end", ["erased_at = now()", "merged_into = %(other)s"], ids=["erased", "merged"])
def test_a_person_who_is_ended_meanwhile_leaves_nothing(
    centre: Centre, central: UUID, aava: Learner, database: Addresses, act: Act, end: str
) -> None:
    staff, other = centre.staff(), centre.person()
    known = {
        "central": central,
        "other": str(centre.organisation()),
        "course": str(course(centre, central, None)),
        "badge": published(staff),
    }
    before = counts(centre)
    with another(centre, database) as eraser, ThreadPoolExecutor(1) as pool:
        with eraser.owner.transaction():
            eraser.owner.execute("SELECT FROM persons WHERE id = %s FOR UPDATE", [aava.person.id])
            eraser.owner.execute(
                f"UPDATE persons SET {end} WHERE id = %(id)s".encode(), {"other": other.id, "id": aava.person.id}
            )
            waiting = pool.submit(act, aava, known)
            until_one_waits(centre)
        assert refusal(waiting.result()) == (401, "unauthenticated")
    assert counts(centre) == before


def counts(centre: Centre) -> list[Any]:
    tables = (
        "participation_claims",
        "koski_consents",
        "study_register_shares",
        "badge_applications",
        "role_applications",
        "role_invitations",
        "audit_entries",
    )
    return [centre.rows(f"SELECT count(*) FROM {table}") for table in tables]
