"""The strength and the time of a sign-in, from the token to the rule, and what a refusal requires."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter

from app.api.conventions import Read
from app.api.operations import Operation
from app.api.security import operation
from app.domain.access import check_fresh, check_strong
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.main import create_app
from app.settings import Settings
from tests.builders import Centre, refusal
from tests.conftest import SECRET
from tests.server import NO_TLS, serving

router = APIRouter(route_class=Operation, tags=["Me"])


@router.get("/strong")
@operation(people_only=True, strong_sign_in=True)
async def strong(reader: Read) -> UUID:
    """A person with a strong sign-in."""
    check_strong(reader.actor)
    return reader.actor.person_id


@router.get("/fresh")
@operation(people_only=True, strong_sign_in=True)
async def fresh(reader: Read) -> UUID:
    """A person with a strong sign-in just now."""
    check_fresh(reader.actor, datetime.now(UTC))
    return reader.actor.person_id


@pytest.fixture(scope="module")
def guarded(settings: Settings) -> Iterator[httpx.Client]:
    """The service with two more operations, one for each rule."""
    app = create_app(settings)
    app.include_router(router)
    with serving(app) as address, httpx.Client(base_url=address, verify=NO_TLS) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_sandbox_token_is_strong_and_fresh(centre: Centre, guarded: httpx.Client) -> None:
    person_id = centre.person().id
    headers = bearer(SandboxIssuer(SECRET).token_for(person_id))
    for path in ("/v1/strong", "/v1/fresh"):
        for _ in ("verified", "remembered"):
            assert guarded.get(path, headers=headers).json() == str(person_id)


def test_the_refusal_of_a_weak_sign_in_names_what_the_issuer_must_prove(centre: Centre, guarded: httpx.Client) -> None:
    headers = bearer(SandboxIssuer(SECRET).token_for(centre.person().id, strong=False))
    answer = guarded.get("/v1/strong", headers=headers)
    assert refusal(answer) == (401, "strong-authentication-required")
    assert answer.json()["acr_values"] == ["sandbox-strong"]
    challenge = 'Bearer realm="tuntipankki", error="insufficient_user_authentication", acr_values="sandbox-strong"'
    assert answer.headers["WWW-Authenticate"] == challenge
    answer = guarded.get("/v1/fresh", headers=headers)
    assert refusal(answer) == (401, "strong-authentication-required")
    assert answer.headers["WWW-Authenticate"] == f'{challenge}, max_age="300"'
