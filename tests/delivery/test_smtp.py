"""The mail server: its URL, TLS and signing in."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.db.identifiers import new_id
from app.delivery.composing import Outgoing, address_of, composed, sender_of
from app.delivery.smtp import Handover, Outcome, Server, ServerAwayError
from tests.certificates import self_signed
from tests.mail_server import mail_server

SENDER = sender_of("tunnit@opintokeskus.example")


def hand_over(server: Server) -> Outcome:
    mail = Outgoing(new_id(), "aino@example.org", "Aino", "fi", "Hei", "Hei", (), datetime.now(UTC))

    async def run() -> Outcome:
        try:
            async with Handover(server) as handover:
                return await handover.hand_over(composed(mail, SENDER), SENDER, address_of("Aino", mail.address))
        finally:
            # The loop closes an abandoned connection, but here it would end first.
            await asyncio.sleep(0.05)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25)),
        ("smtp+starttls://mail.example", Server("mail.example", 587, tls="started")),
        ("smtps://a%40b:sala%2Fsana@mail.example:4650", Server("mail.example", 4650, "a@b", "sala/sana", "throughout")),
    ],
)
def test_a_servers_url(url: str, server: Server) -> None:
    assert Server.at(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "mail.example",
        "smtp://mail.example/x",
        "smtp://kone:sa/la@mail.example",
        "smtp://mail.example:99999",
    ],
)
def test_a_url_of_another_form_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        Server.at(url)


# The tests' server does not know that a connection is TLS from its first byte.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
def test_tls_with_a_password_needs_a_trusted_certificate(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with mail_server(tls=tls, throughout=scheme == "smtps", login=True) as server:
        out = replace(Server.at(f"{scheme}://kone:sala%2Fsana@127.0.0.1:{server.port}"), seconds=5)
        with pytest.raises(ServerAwayError) as untrusted:
            hand_over(out)
        assert untrusted.value.obstacle == "tls"
        assert server.logins == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert hand_over(out).kind == "accepted"
        assert server.logins == [b"kone", b"sala/sana"]
        with pytest.raises(ServerAwayError) as unknown:
            hand_over(replace(out, password="muu"))
        assert unknown.value.obstacle == "sign_in"
        with pytest.raises(ServerAwayError) as anonymous:
            hand_over(replace(out, username=None, password=None))
        assert anonymous.value.obstacle == "sign_in"


def test_a_server_without_tls_is_away_where_it_is_required() -> None:
    with mail_server() as server, pytest.raises(ServerAwayError) as away:
        hand_over(replace(Server.at(f"smtp+starttls://127.0.0.1:{server.port}"), seconds=5))
    assert away.value.obstacle == "tls"


def test_a_server_without_sign_in_where_there_is_a_password() -> None:
    with mail_server() as server, pytest.raises(ServerAwayError) as away:
        hand_over(replace(Server.at(f"smtp://kone:sana@127.0.0.1:{server.port}"), seconds=5))
    assert away.value.obstacle == "sign_in"


def test_a_port_where_nobody_is() -> None:
    with mail_server() as server:
        pass
    with pytest.raises(ServerAwayError) as away:
        hand_over(replace(Server.at(f"smtp://127.0.0.1:{server.port}"), seconds=5))
    assert away.value.obstacle == "unavailable"
