"""The badge of the demo data that is accepted: signed by the sandbox's own key, and shown to everyone."""

import json
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey

from app.keys.reading import Keys
from app.sandbox.demo.badges import signed_applications
from app.sandbox.demo.loading import demo_data
from tests.sandbox import Sandbox


def accepted() -> dict[str, Any]:
    [row] = [row for row in demo_data(1, 2026).tables["badge_applications"] if row["state"] == "accepted"]
    return row


def test_the_badge_is_signed_by_the_sandboxs_own_key_and_anybody_reads_it(sandbox: Sandbox) -> None:
    application_id = accepted()["id"]
    earner = sandbox.person("paakayttaja2@example.org")
    token = earner.get(f"/v1/badge-applications/{application_id}/credential").text
    key_id = jws.extract_compact(token.encode()).headers()["kid"]
    assert key_id.startswith(f"{sandbox.address}/v1/public/demo/badges/keys/")
    key = RSAKey.import_key(sandbox.client.get(urlsplit(key_id).path).json())
    signed = json.loads(jws.deserialize_compact(token.encode(), key, algorithms=["RS256"]).payload)
    path = f"/v1/public/demo/badges/credentials/{application_id}"
    assert signed == sandbox.client.get(path).json()
    assert signed["id"] == f"{sandbox.address}{path}"
    achievement = urlsplit(signed["credentialSubject"]["achievement"]["id"])
    shown = sandbox.client.get(achievement.path, params=achievement.query).json()
    assert shown == signed["credentialSubject"]["achievement"]
    assert (signed["validFrom"], signed["validUntil"]) == ("2023-03-07T08:00:00Z", "2026-03-07T08:00:00Z")


def test_a_sandbox_that_signs_no_badges_has_none_that_is_accepted() -> None:
    without = signed_applications(demo_data(1, 2026), Keys(None, None, None, None))
    assert "accepted" not in {row["state"] for row in without}
    assert len(without) == len(demo_data(1, 2026).tables["badge_applications"]) - 1
