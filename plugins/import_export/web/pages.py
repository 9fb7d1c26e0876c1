"""All routes of the pages, and their static files."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from import_export.web import (
    batch_pages,
    export_pages,
    maintenance_pages,
    notification_pages,
    other_pages,
    table_pages,
)
from import_export.web.rendering import FOLDER


class _KeptFiles(StaticFiles):
    """Static files that a browser may keep, asking each time whether they are still the same."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or that it has not changed."""
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "private, no-cache"
        return answer


def page_routes() -> list[APIRouter | BaseRoute]:
    """What is behind the guard beside the REST API."""
    return [
        batch_pages.router,
        table_pages.router,
        export_pages.router,
        notification_pages.router,
        maintenance_pages.router,
        other_pages.router,
        Mount("/static", _KeptFiles(directory=FOLDER / "static"), name="static"),
    ]
