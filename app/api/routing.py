"""An index in front of FastAPI's routing, so that a request is not compared with every operation in turn."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from fastapi.routing import APIRoute, RouteContext
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

Shape = tuple[bool, ...]
"""Which segments of a path are variables."""


class Entry(NamedTuple):
    methods: frozenset[str]
    matches: Callable[[Scope], tuple[Match, Scope]]
    app: ASGIApp
    found: Scope
    """What a match adds to the request's scope, whatever its path."""


class Index(BaseRoute):
    """The first route of the application: a path that it does not find goes on to the others.

    `scope["route"]` is the route, `scope["path_template"]` its path with the prefixes of the routers that it is in.
    """

    def __init__(self, contexts: Iterable[RouteContext]) -> None:
        self._shapes: dict[int, list[Shape]] = defaultdict(list)
        self._entries: dict[tuple[str | None, ...], list[Entry]] = defaultdict(list)
        for context in contexts:
            if isinstance(context.original_route, APIRoute):
                segments = str(context.path).split("/")
                shape = tuple("{" in segment for segment in segments)
                if shape not in self._shapes[len(shape)]:
                    self._shapes[len(shape)].append(shape)
                found = {"route": context.original_route, "path_template": context.path}
                entry = Entry(frozenset(context.methods or ()), context.matches, context.app, found)
                self._entries[_words(segments, shape)].append(entry)
        for shapes in self._shapes.values():
            # A word is meant before a variable that would take it too.
            shapes.sort()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        segments = scope["path"].split("/")
        others: list[Entry] = []
        for shape in self._shapes.get(len(segments), ()):
            for entry in self._entries.get(_words(segments, shape), ()):
                if scope["method"] not in entry.methods:
                    others.append(entry)
                    continue
                match, found = entry.matches(scope)
                if match is Match.FULL:
                    return match, {**found, **entry.found, "route_app": entry.app}
            if others:
                break  # The path is that word's; a variable is not asked whether it has the method.
        for entry in others:
            match, found = entry.matches(scope)
            if match is Match.PARTIAL:
                # As a full match, or the framework would go on to a variable in the word's place.
                return Match.FULL, {**found, **entry.found, "route_app": _method_not_allowed}
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route_app"](scope, receive, send)


async def _method_not_allowed(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - An ASGI application.
    raise HTTPException(405)


def _words(segments: list[str], shape: Shape) -> tuple[str | None, ...]:
    return tuple(None if varies else segment for segment, varies in zip(segments, shape, strict=True))
