"""Which operation a path asks for, looked up instead of asked of one after the other: FastAPI's routing, indexed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from fastapi.routing import APIRoute, RouteContext
from starlette.datastructures import URLPath
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

Shape = tuple[bool, ...]
"""Which segments of a path are variables."""


class Index(BaseRoute):
    """Stands before all other routes; a path that it does not find is theirs to answer.

    `scope["route"]` is the route, `scope["path_template"]` its path with the prefixes of the routers that it is in.
    """

    def __init__(self, contexts: Iterable[RouteContext]) -> None:
        self._shapes: dict[int, list[Shape]] = defaultdict(list)
        self._contexts: dict[tuple[str | None, ...], list[RouteContext]] = defaultdict(list)
        for context in contexts:
            if isinstance(context.original_route, APIRoute):
                segments = str(context.path).split("/")
                shape = tuple("{" in segment for segment in segments)
                if shape not in self._shapes[len(shape)]:
                    self._shapes[len(shape)].append(shape)
                self._contexts[_words(segments, shape)].append(context)
        for shapes in self._shapes.values():
            # A word is meant before a variable that would take it too.
            shapes.sort()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        segments = scope["path"].split("/")
        partial: Scope | None = None
        for shape in self._shapes.get(len(segments), ()):
            for context in self._contexts.get(_words(segments, shape), ()):
                match, found = context.matches(scope)
                found |= {"route": context.original_route, "path_template": context.path, "route_context": context}
                if match is Match.FULL:
                    return match, found
                if match is Match.PARTIAL:
                    partial = partial or found
        return (Match.PARTIAL, partial) if partial else (Match.NONE, {})

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        context: RouteContext = scope["route_context"]
        if scope["method"] not in (context.methods or ()):
            raise HTTPException(405)
        await context.app(scope, receive, send)


def _words(segments: list[str], shape: Shape) -> tuple[str | None, ...]:
    return tuple(None if varies else segment for segment, varies in zip(segments, shape, strict=True))
