"""A real OpenID Connect provider, Canaille, with the people named as arguments; prints its address.

It runs in an environment of its own (`requirements/provider.txt`), with the password that the tests know, and ends when
its standard input does. Canaille's access tokens have the shape of ID tokens; here they are made as RFC 9068 requires.
"""

import os
import sys
import threading
import uuid
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import flask
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.oidc.jose import server_jwks
from canaille.oidc.provider import authorization
from joserfc.jwk import RSAKey

AUDIENCE = "tuntipankki"
PASSWORD = "a password of the tests"
STRONG = "urn:example:strong"


class AccessTokens(JWTBearerTokenGenerator):
    """For our service, with the way and the time of the person's sign-in."""

    def get_jwks(self):
        return server_jwks(include_inactive=False)

    def get_audiences(self, client, user, scope):
        return [AUDIENCE]

    def get_acr(self, user):
        return STRONG

    def get_auth_time(self, user):
        code = Backend.instance.get(models.AuthorizationCode, code=flask.request.form.get("code"))
        return int(code.auth_time.timestamp()) if code else None


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Silent(WSGIRequestHandler):
    def log_message(self, format, *args):
        """Silent."""


def main(names):
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    server = make_server("127.0.0.1", 0, None, server_class=Server, handler_class=Silent)
    place = f"127.0.0.1:{server.server_port}"
    key = RSAKey.generate_key(2048, {"kid": str(uuid.uuid4())})
    app = create_app(
        config={
            "TESTING": True,
            "ENV_FILE": None,
            "SECRET_KEY": str(uuid.uuid4()),
            "WTF_CSRF_ENABLED": False,
            "PREFERRED_URL_SCHEME": "http",
            "SERVER_NAME": place,
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}}},
            "CANAILLE_OIDC": {
                "DYNAMIC_CLIENT_REGISTRATION_OPEN": True,
                # The code flow needs none, and Swagger UI sends none.
                "REQUIRE_NONCE": False,
                "ACTIVE_JWKS": [key.as_dict(private=True)],
            },
        }
    )
    with app.app_context():
        models.User.get_user_id = lambda user: user.user_name
        for name in names:
            user = models.User(
                user_name=name, formatted_name=name, family_name=name, emails=[f"{name}@example.org"], password=PASSWORD
            )
            Backend.instance.save(user)
    authorization.register_token_generator("default", AccessTokens(issuer=f"http://{place}"))
    server.set_app(app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{place}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
