"""The route class of public operations: the study centre is in the path, and nobody signs in."""

from fastapi import Depends, Request

from app.api.backend import Backend
from app.api.operations import Operation
from app.api.token_pages import NOBODY
from app.db.callers import Caller, find_study_centre
from app.domain.errors import NotFound


class PublicOperation(Operation):
    """Its caller is nobody, in the study centre whose slug is in the path. A token in the request is not looked at."""

    async def caller_of(self, request: Request) -> Caller:
        backend: Backend = request.app.state.backend
        slug = request.path_params["slug"]
        # PostgreSQL takes no NUL.
        if "\0" in slug:
            raise NotFound
        async with backend.connections.connection(None) as lobby:
            centre = await find_study_centre(lobby, slug)
        if centre is None:
            raise NotFound
        return Caller(centre, NOBODY)


async def slug_in_path(slug: str) -> str:
    return slug


IN_CENTRE = [Depends(slug_in_path)]
"""The dependencies of a router of public operations: the slug is documented where no endpoint needs it."""
