"""create_app(): the service as a sandbox."""

from typing import Any

from fastapi import FastAPI

from app import logs, main
from app.api.backend import Extension
from app.api.keys import drawn_key
from app.db.connections import LimitedConnection
from app.db.schema import check_database
from app.sandbox.api import Sandbox, router
from app.sandbox.authority import Authority
from app.sandbox.front_page import page_router, welcome
from app.sandbox.issuer import SandboxIssuer
from app.sandbox.own_keys import with_own_keys
from app.settings import Settings, settings_from_environment


def create_app(settings: Settings, connection_class: type[LimitedConnection] = LimitedConnection) -> FastAPI:
    """Return the service as a sandbox. Raise ValueError if the settings are not for one."""
    if not settings.sandbox:
        raise ValueError("SANDBOX is not set: start app.main:app_from_environment, which serves no sandbox.")
    secret = settings.secret_key.get_secret_value()
    issuer = SandboxIssuer(secret)
    authority = Authority(drawn_key(secret, "authority"))
    extension = Extension(
        routers=[router, page_router], issuers=[issuer.keys], roots=[authority.root], welcome=welcome, reads_clock=True
    )
    app = main.create_app(settings, connection_class, extension)
    app.state.sandbox = Sandbox(issuer, authority)
    badge_keys = app.state.backend.keys.badges
    if badge_keys:
        _show_own_key(app, badge_keys.thumbprint)
    return app


def _show_own_key(app: FastAPI, thumbprint: str) -> None:
    """Make `app.openapi()` have the sandbox's own key as the example of one, because each sandbox has another."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        [parameter] = [
            each
            for each in document["paths"]["/v1/public/{slug}/badges/keys/{thumbprint}"]["get"]["parameters"]
            if each["name"] == "thumbprint"
        ]
        parameter["example"] = thumbprint
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document.


def app_from_environment() -> FastAPI:
    """Return the sandbox for `uvicorn --factory` and its workers, on a database that is already prepared."""
    settings = with_own_keys(settings_from_environment())
    logs.configure(settings.log_level)
    app = create_app(settings)
    check_database(settings.database_url, sandbox=True)
    # Before the processes are forked: the first visitor of Swagger UI does not wait for it, in any of them.
    app.openapi()
    return app
