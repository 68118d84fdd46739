"""The route class of every operation: the order of checks, and what FastAPI needs to know of a declared endpoint."""

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Set
from copy import copy
from dataclasses import replace
from typing import Any, Self, get_args, get_origin

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.responses import Response

from app.api.backend import Backend
from app.api.conventions import KEYED, SESSIONS, VERSIONED, Reading, Writing, reading
from app.api.csv_lists import ONLY_IN_PAGES, asks_for_csv, csv_form
from app.api.paging import Page, PageWithTotals
from app.api.rendering import Rendering
from app.api.requests import (
    JSON,
    LARGEST_BODY,
    LARGEST_OPEN_BODY,
    MERGE_PATCH,
    JsonRequest,
    check_headers,
    check_parameters,
    parameter_faults,
)
from app.api.responses import NO_BODY, Kind, extras_of, responses_of
from app.api.security import declaration_of
from app.api.shapes import MOST_UNKNOWN, unknown_left
from app.db.callers import Caller

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

MOST_HANDLERS = 16
"""Kept for an operation: requests name its query parameters in few combinations."""


class Tag(str):
    """A tag with its description. Other routers with the same tag name it as plain text."""

    description: str

    def __new__(cls, name: str, description: str) -> Self:
        tag = super().__new__(cls, name)
        tag.description = description
        return tag


def _is_list(annotation: Any) -> bool:
    return list in {get_origin(annotation), *map(get_origin, get_args(annotation))}


def operation_id(route: APIRoute) -> str:
    """The endpoint's name, for example `submit_proposal`: once released, clients' code is named after it."""
    return route.name


class Operation(APIRoute):
    """An operation of the API, below `/v1`."""

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Any]], **options: Any) -> None:
        self.declared = declaration_of(endpoint)
        method = next(iter(options["methods"]))
        file = self.declared.file
        self.accepted = file.media_types if file else (MERGE_PATCH if method == "PATCH" else JSON,)
        self.takes_file = file is not None
        is_for_strangers = self.declared.is_open or self.declared.newcomers
        self.largest_body = file.largest if file else LARGEST_OPEN_BODY if is_for_strangers else LARGEST_BODY
        summary, _, description = inspect.cleandoc(endpoint.__doc__ or "").partition("\n")
        options |= {
            "summary": summary.rstrip("."),
            "description": description.strip(),
            "generate_unique_id_function": operation_id,
        }
        if self.declared.csv:
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(csv_form)]
        super().__init__(f"/v1{path}", self._begun(endpoint), **options)
        self.rendering = Rendering(self.status_code or 200, self.response_model, self.declared)
        dependencies = [each.call for each in self.dependant.dependencies]
        parts = [self.dependant, *self.dependant.dependencies]
        self.query_names = {
            parameter.alias: _is_list(parameter.field_info.annotation)
            for part in parts
            for parameter in part.query_params
        }
        """The names of query parameters, each with whether it may be repeated."""
        header_names = {parameter.alias for part in parts for parameter in part.header_params}
        self.has_session = bool(SESSIONS.intersection(dependencies))
        reads = reading in dependencies
        lists = get_origin(self.response_model) in (Page, PageWithTotals)
        kind: Kind = "other"
        if self.has_session:
            kind = "list" if lists else "read" if reads or method == "GET" else "write"
        needs_key = bool(KEYED.intersection(dependencies))
        self.responses = responses_of(
            self.declared,
            method=method,
            path=path,
            status=self.rendering.status,
            kind=kind,
            is_conditional=self.has_session and method == "GET",
            takes_version="If-Match" in header_names,
            needs_version=bool(VERSIONED.intersection(dependencies)),
            takes_key="Idempotency-Key" in header_names,
            needs_key=needs_key,
            refused=self.responses,
        )
        self.openapi_extra = extras_of(self.declared, needs_key=needs_key)

    async def caller_of(self, request: Request) -> Caller:
        backend: Backend = request.app.state.backend
        return await backend.verifier.caller(request.headers.get("authorization"), request.scope["request_id"])

    def get_route_handler(self) -> Handler:
        handler_of = functools.lru_cache(MOST_HANDLERS)(self._handler_of)

        async def checked(request: Request) -> Response:
            if request.method not in NO_BODY:
                request = JsonRequest(request.scope, request.receive)
            # Who calls comes first, then headers and shape: FastAPI itself would read the body before asking.
            if self.has_session:
                request.state.caller = await self.caller_of(request)
            check_headers(request, self.accepted, self.largest_body)
            unknown_left.set([MOST_UNKNOWN])
            request.state.parameter_faults = parameter_faults(request, self.query_names)
            named = self.query_names.keys() & request.query_params.keys()
            request.state.is_csv = self.declared.csv and asks_for_csv(request)
            if request.state.is_csv:
                request.state.parameter_faults |= dict.fromkeys(sorted(named & ONLY_IN_PAGES), "not-in-csv")
                named -= ONLY_IN_PAGES
            if not self.has_session:
                check_parameters(request)
            handle = handler_of(frozenset(named))
            if self.takes_file:
                with request.app.state.files_in_flight.one_of(request.state.caller.key_scope):
                    return await handle(request)
            if request.method not in NO_BODY and await request.body():
                await request.json()
            return await handle(request)

        return checked

    def _handler_of(self, named: frozenset[str]) -> Handler:
        """FastAPI's handler of requests that name these query parameters.

        It looks at every parameter there is, also at those that a request leaves out, and would take a third of the
        time of a list for that. Without them the endpoint has the defaults of its signature.
        """
        route = copy(self)
        route.dependant = _naming(self.dependant, named)
        return APIRoute.get_route_handler(route)

    def _begun(self, endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Wrap the endpoint so that its reader or writer begins first: FastAPI calls it once the request is valid."""

        @functools.wraps(endpoint)
        async def begun(**values: Any) -> Any:
            session = next((value for value in values.values() if isinstance(value, Reading | Writing)), None)
            if session is None:
                return await endpoint(**values)
            check_parameters(session.request)
            return await session.respond(functools.partial(endpoint, **values), self.declared, self.rendering)

        return begun


def _naming(dependant: Dependant, named: Set[str]) -> Dependant:
    """The dependant without the optional query parameters that are not named, and what only looks at those."""
    return replace(
        dependant,
        query_params=[each for each in dependant.query_params if each.alias in named or each.field_info.is_required()],
        dependencies=[
            _naming(each, named)
            for each in dependant.dependencies
            if each.call is not csv_form or any(parameter.alias in named for parameter in each.query_params)
        ],
    )
