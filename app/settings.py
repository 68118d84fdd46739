"""The settings, read once from the environment; README's configuration table explains them to operators."""

import re
from base64 import b64decode
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

IDENTITY_KEY_BYTES = 32


class Issuer(BaseModel):
    """An OpenID Connect issuer whose access tokens are accepted."""

    issuer: str
    audience: str
    algorithms: Annotated[list[str], Field(min_length=1)] = ["RS256", "ES256"]
    jwks_uri: str | None = None
    """URL of its keys. By default they are discovered at the issuer."""
    strong_acr: list[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")]] = []
    """The values of `acr` that mean a strong authentication (vahva tunnistautuminen)."""
    client_id: str | None = None
    """The public client for Swagger UI's sign-in, by authorization code and PKCE; without it Swagger UI has no such
    sign-in."""
    scopes: list[str] = ["openid"]
    """The scopes that Swagger UI requests."""
    authorization_parameters: dict[str, str] = {}
    """Further parameters that Swagger UI sends to the issuer, `{"resource": …}` or `{"audience": …}`."""


def check_private(address: str) -> None:
    """Refuse to fetch keys unencrypted from another machine, because they could be replaced. Raise ValueError."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise ValueError("an issuer and its keys need an https URL, except on this machine")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_origin(url: str) -> str:
    """Return the URL if it is an origin: a scheme, a host and perhaps a port. Raise ValueError."""
    parts = urlsplit(url)
    names_port = parts.netloc.endswith(":") or parts.port == 0
    if url != f"{parts.scheme}://{parts.netloc}" or not parts.hostname or "@" in parts.netloc or names_port:
        raise ValueError("this is to be an origin, such as https://tunnit.example.org, without a path or a last slash")
    if not re.fullmatch(r"[!-~]+", url):
        raise ValueError("a host name with other letters is written as DNS has it, xn--…")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("people reach the service by https, except on this machine")
    return url


def check_identity_key(key: SecretStr) -> SecretStr:
    """Return the key if it is 32 bytes in base64. Raise ValueError."""
    try:
        if len(b64decode(key.get_secret_value(), validate=True)) == IDENTITY_KEY_BYTES:
            return key
    except ValueError:
        pass
    raise ValueError(f"a key is {IDENTITY_KEY_BYTES} bytes in base64: openssl rand -base64 {IDENTITY_KEY_BYTES}")


class Environment(EnvSettingsSource):
    """The environment, in which a list that is not JSON is a wrong value like others."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: object) -> object:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class WrongSettingsError(ValueError):
    """A line for each wrong setting, without its value, which may be a secret."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("\n".join(dict.fromkeys(_line_of(fault["loc"], fault["msg"]) for fault in error.errors())))


def _line_of(location: tuple[int | str, ...], message: str) -> str:
    # Pydantic also names the member of a union that it tried, in brackets.
    setting, *inside = [str(part) for part in location if "[" not in str(part)] or [""]
    place = f"{'.'.join([setting.upper(), *inside])}: " if setting else ""
    hint = ", as JSON" if message == "Input should be a valid list" else ""
    return f"{place}{message.removeprefix('Value error, ')}{hint}"


def settings_from_environment(**defaults: object) -> "Settings":
    """Raise WrongSettingsError."""
    try:
        return Settings(**defaults)  # type: ignore[arg-type]  # Pydantic checks them.
    except ValidationError as error:
        raise WrongSettingsError(error) from None


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=None, env_ignore_empty=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del env_settings, dotenv_settings, file_secret_settings
        return init_settings, Environment(settings_cls)

    database_url: str
    """The database as the service's own role, which owns nothing."""
    owner_database_url: str | None = None
    """The database as the tables' owner, for migrations, the setup command and the sandbox's reset."""
    role_prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")] = "tuntipankki"
    secret_key: SecretStr
    """At least 32 characters. The keys that sign cursors and sandbox tokens are derived from it."""
    data_dir: Path = Path(".data")
    database_dir: Path | None = None
    """The folder of a database on this machine, whose free space decides on readiness; `make run` sets it."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    public_url: Annotated[str, AfterValidator(check_origin)] | None = None
    """The origin at which people reach the service, `https://tunnit.example.org`, for links. Without it there are
    none. In a sandbox it is the own address by default."""
    own_address: Annotated[str, AfterValidator(check_origin)] | None = None
    """The origin of a sandbox on this machine; `make run` sets it."""
    cors_origins: list[Annotated[str, AfterValidator(check_origin)]] = []
    """JSON: the origins whose pages browsers allow to call the service."""
    trusted_proxies: list[IPv4Network | IPv6Network] = []
    """JSON: the addresses and networks of the proxies whose `Forwarded` or `X-Forwarded-For` counts."""
    rate_limit_reads: Annotated[int, Field(ge=0)] | None = None
    """The most reads of a person or API key in a minute. 0 is no limit; without one it is 600, in a sandbox none."""
    rate_limit_writes: Annotated[int, Field(ge=0)] | None = None
    """The same for writes: 120."""
    rate_limit_anonymous: Annotated[int, Field(ge=0)] | None = None
    """The same for requests of a network address without a good token: 120."""
    rate_limit_public: Annotated[int, Field(ge=0)] | None = None
    """The same for enrolments of a network address: 20. With 0 those of a course and of a mailbox are not limited."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    sandbox: bool = False
    oidc_issuers: list[Issuer] = []
    """JSON: `[{"issuer": …, "audience": …}]`."""
    signature_roots: list[Path] = []
    """JSON, files: the certificates that signatures in documents must lead to; a sandbox also trusts its own."""
    signature_revocation_lists: list[Path] = []
    """JSON, files: revocation lists, for certificates whose signatures embed none. Read at each signature."""
    badge_keys: list[Path] = []
    """JSON, PEM files of RSA keys of 2,048 bits or more. The first signs badges. All are published; those after the
    first may be public keys. Without one there are no badges."""
    seal_certificate: Path | None = None
    """A PEM file: the certificate of the seal on certificates of courses, and perhaps those above it."""
    seal_key: Path | None = None
    """A PEM file: the key of the certificate. Without both, certificates have no seal."""
    identity_keys: list[Annotated[SecretStr, AfterValidator(check_identity_key)]] = []
    """JSON, 32 bytes each in base64. The first encrypts identity codes, all decrypt. Without one no consents are
    given."""
    connections: Annotated[int, Field(ge=1, le=200)] = 10
    """The most database connections per study centre and process."""
    connection_idle_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Time after which an unused connection is closed, because there are many study centres and few connections."""
    statement_timeout_ms: Annotated[int, Field(ge=100)] = 10_000
    lock_timeout_ms: Annotated[int, Field(ge=100)] = 4_000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    smtp_url: SecretStr | None = None
    """Where the worker hands mails over: `smtp://`, `smtp+starttls://` or `smtps://`, `user:password@` and so on;
    without it mails are made and wait."""
    mail_from: str = "Tuntipankki <tuntipankki@localhost>"
    """The sender of emails, needed with `smtp_url`."""
    mail_retry_seconds: Annotated[float, Field(gt=0)] = 60.0
    """Time before an email that no server accepted is tried again. It doubles after each attempt."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port of the metrics of all processes, on `host`. Without it each process shows its own at `/metrics`."""
    worker_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """The port of the worker's metrics, on `host`. Without it there are none."""

    @model_validator(mode="after")
    def check(self) -> Self:
        for issuer in self.oidc_issuers:
            for address in (issuer.issuer, issuer.jwks_uri):
                if address is not None:
                    check_private(address)
        if len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("SECRET_KEY needs at least 32 characters")
        if self.sandbox and self.oidc_issuers:
            raise ValueError("SANDBOX cannot be used with an OIDC issuer, because a sandbox gives tokens to anyone")
        if self.smtp_url and "mail_from" not in self.model_fields_set:
            raise ValueError("SMTP_URL needs MAIL_FROM, the sender of the emails")
        if (self.seal_certificate is None) != (self.seal_key is None):
            raise ValueError("SEAL_CERTIFICATE and SEAL_KEY are needed together, or neither")
        if self.sandbox and self.public_url is None:
            self.public_url = self.own_address
        return self

    def identity_key_bytes(self) -> list[bytes]:
        return [b64decode(key.get_secret_value()) for key in self.identity_keys]
