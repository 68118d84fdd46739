"""Which operation a path asks for, looked up instead of asked of one after the other."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

Shape = tuple[bool, ...]
"""Which segments of a path are variables."""


class Index(BaseRoute):
    """Stands before the routes that it knows; what it does not find, such as a wrong method, is theirs to answer."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._shapes: dict[int, list[Shape]] = defaultdict(list)
        self._routes: dict[tuple[str | None, ...], list[Route]] = defaultdict(list)
        for route in routes:
            segments = route.path.split("/")
            shape = tuple("{" in segment for segment in segments)
            if shape not in self._shapes[len(shape)]:
                self._shapes[len(shape)].append(shape)
            self._routes[_words(segments, shape)].append(route)
        for shapes in self._shapes.values():
            # A word is meant before a variable that would take it too.
            shapes.sort()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        segments = scope["path"].split("/")
        for shape in self._shapes.get(len(segments), ()):
            for route in self._routes.get(_words(segments, shape), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, {**found, "route": route}
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)


def _words(segments: list[str], shape: Shape) -> tuple[str | None, ...]:
    return tuple(None if varies else segment for segment, varies in zip(segments, shape, strict=True))
