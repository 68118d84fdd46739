"""The real OpenID Connect provider, and signing in at it like a browser: authorization code with PKCE."""

import base64
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from app.settings import Issuer
from tests.server import NO_TLS

PYTHON = Path(__file__).parents[2] / ".venv-provider" / "bin" / "python"
SERVER = Path(__file__).with_name("server.py")
AUDIENCE = "tuntipankki"
STRONG = "urn:example:strong"
PASSWORD = "a password of the tests"


@dataclass
class Provider:
    address: str

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return dict(httpx.get(f"{self.address}/.well-known/openid-configuration").json())

    def issuer(self, **more: Any) -> Issuer:
        """As the service's settings name it."""
        return Issuer(issuer=self.address, audience=AUDIENCE, strong_acr=[STRONG], **more)

    def client_of(self, service: str) -> str:
        """Register a public client for Swagger UI at that address, and return its id."""
        client = {
            "client_name": "Tuntipankki",
            "client_uri": service,
            "redirect_uris": [f"{service}/docs/oauth2-redirect"],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "scope": "openid",
        }
        answer = httpx.post(self.metadata["registration_endpoint"], json=client)
        return str(answer.raise_for_status().json()["client_id"])

    def sign_in(self, name: str, client_id: str, service: str) -> dict[str, Any]:
        """The tokens of a person who fills name and password into the provider's forms."""
        redirect_uri = f"{service}/docs/oauth2-redirect"
        verifier = secrets.token_urlsafe(48)
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(),
            "code_challenge": base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        with httpx.Client(verify=NO_TLS) as browser:
            answer = browser.get(self.metadata["authorization_endpoint"], params=asked)
            while not answer.headers.get("location", "").startswith(redirect_uri):
                if answer.is_redirect:
                    answer = browser.get(answer.url.join(answer.headers["location"]))
                else:
                    asks_for = set(re.findall(r'name="(login|password)"', answer.raise_for_status().text))
                    [field] = asks_for
                    answer = browser.post(answer.url, data={field: {"login": name, "password": PASSWORD}[field]})
            answered = parse_qs(urlsplit(answer.headers["location"]).query)
            assert answered["state"] == [asked["state"]]
            form = {
                "grant_type": "authorization_code",
                "code": answered["code"][0],
                "redirect_uri": redirect_uri,
                "client_id": client_id,
                "code_verifier": verifier,
            }
            return dict(browser.post(self.metadata["token_endpoint"], data=form).raise_for_status().json())


@contextmanager
def providing(*names: str) -> Iterator[Provider]:
    """A provider that knows these people."""
    with subprocess.Popen(
        [PYTHON, SERVER, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            address = process.stdout.readline().strip()
            assert address, "run `make test`: it makes the provider's environment"
            yield Provider(address)
        finally:
            process.stdin.close()
