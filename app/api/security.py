"""Who may call an operation: each route declares it, `Declaration.check` enforces it, the document follows from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from app.db.sessions import Writer
from app.domain.access import Actor, check_person, check_scope
from app.domain.people.api_keys import Scope, check_key

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
CsvRows = Callable[[Any], list[Any]]
Ids = UUID | list[UUID]
"""The ID of what a response shows, or the IDs of its items."""


@dataclass(frozen=True)
class ReadAgain:
    """How a repeated request gets what the first response showed, as it is by then."""

    ids_of: Callable[[Any], Ids]
    read: Callable[[Writer, Ids], Awaitable[object]]


@dataclass(frozen=True)
class FileBody:
    """A request body that is a file and not JSON."""

    media_types: tuple[str, ...]
    largest: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What `@operation` says of an operation."""

    scope: Scope | None = None
    """The scope that an API key needs; `None`: not for API keys."""
    keys_only: bool = False
    """Every API key may call, with any scopes, and no person may."""
    newcomers: bool = False
    """The caller has signed in and is not registered yet."""
    is_open: bool = False
    """No token is needed."""
    strong_sign_in: bool = False
    """The use case refuses a weak sign-in, for every body or for some; a stored secret is never given to one."""
    secret_answer: bool = False
    """The response contains a secret: it is neither stored in caches nor compressed, and the copy that is stored for a
    replay is sealed."""
    secret_body: bool = False
    """The body has a secret of which there are few, such as an identity code. The digest by which a repeated request is
    compared with the first has a key of the service and of the request, so that it cannot be guessed."""
    read_again: ReadAgain | None = None
    """What a repeated request returns. Of the first response only the IDs are stored, so that an erasure leaves nothing
    behind in it."""
    personal_data: bool = False
    """The response contains personal data."""
    is_public: bool = False
    """The response is the same for everyone: caches may keep it for a minute."""
    computed: bool = False
    """No operation changes what the response shows, so nothing takes its version in `If-Match`."""
    csv: bool = False
    """The operation is a list, which is also returned as CSV."""
    csv_rows: CsvRows | None = None
    """Makes the rows of the CSV of what it returns, which is no page of a list."""
    file: FileBody | None = None
    page: str | None = None
    """A browser gets a page in place of JSON, also of an error. The words of its errors have this name
    (`app/texts/*/pages.toml`, `refusals`)."""

    def check(self, actor: Actor) -> None:
        """Raise Forbidden for an API key without the scope, or a person who calls what only keys may."""
        if self.keys_only:
            check_key(actor)
        elif self.scope is None:
            check_person(actor)
        else:
            check_scope(actor, self.scope)


_declarations: dict[Callable[..., Any], Declaration] = {}


def operation(
    *,
    scope: Scope | None = None,
    people_only: bool = False,
    keys_only: bool = False,
    newcomers: bool = False,
    is_open: bool = False,
    strong_sign_in: bool = False,
    secret_answer: bool = False,
    secret_body: bool = False,
    read_again: ReadAgain | None = None,
    personal_data: bool = False,
    is_public: bool = False,
    computed: bool = False,
    csv: bool = False,
    csv_rows: CsvRows | None = None,
    file: FileBody | None = None,
    page: str | None = None,
) -> Callable[[Endpoint], Endpoint]:
    """Declare who may call the endpoint below: exactly one of `scope`, `people_only`, `keys_only`, `newcomers` and
    `is_open`.

    Put it below the router's decorator. `Declaration` explains the other arguments.
    """
    if [scope is not None, people_only, keys_only, newcomers, is_open].count(True) != 1:
        raise TypeError("an operation is for keys with a scope, for people only, for keys only, for newcomers, or open")
    declaration = Declaration(
        scope=scope,
        keys_only=keys_only,
        newcomers=newcomers,
        is_open=is_open,
        strong_sign_in=strong_sign_in,
        secret_answer=secret_answer,
        secret_body=secret_body,
        read_again=read_again,
        personal_data=personal_data,
        is_public=is_public,
        computed=computed,
        csv=csv or csv_rows is not None,
        csv_rows=csv_rows,
        file=file,
        page=page,
    )

    def declare(endpoint: Endpoint) -> Endpoint:
        _declarations[endpoint] = declaration
        return endpoint

    return declare


def declaration_of(endpoint: Callable[..., Any]) -> Declaration:
    """Raise TypeError for an endpoint without a declaration: the service does not start."""
    if endpoint not in _declarations:
        raise TypeError(f"{endpoint.__module__}.{endpoint.__name__} does not declare who may call it: @operation(…)")
    return _declarations[endpoint]
