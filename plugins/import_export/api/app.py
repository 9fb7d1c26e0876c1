"""Makes the app: the REST API under `/api`, and whatever else is to be behind the same guard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from import_export.api import (
    accounts_router,
    batches_router,
    bodies,
    columns_router,
    downloads_router,
    expected_router,
    exports_router,
    imports_router,
    jobs_router,
    maintenance_router,
    notifications_router,
    tables_router,
)
from import_export.api.access import Access, needs
from import_export.api.faults import add_fault_handlers
from import_export.api.guard import Guard
from import_export.api.installation import Installation

ROUTERS = (
    imports_router.router,
    batches_router.router,
    jobs_router.router,
    # Before `/tables/{name}`: a column's paths are longer.
    columns_router.router,
    tables_router.router,
    expected_router.router,
    notifications_router.router,
    accounts_router.router,
    downloads_router.router,
    exports_router.router,
    maintenance_router.router,
)
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": bodies.Refusal, "description": told}
    for status, told in {
        400: "Wrong request",
        401: "Not logged in",
        403: "Not allowed",
        404: "Not there",
        409: "Not as things are now",
        413: "Too large",
        422: "Wrong request, or all files failed validation",
        502: "The place of the files refuses; an administrator must act",
        503: "Try again later",
    }.items()
}


def create_app(
    installation: Installation,
    more: Iterable[APIRouter | BaseRoute] = (),
    error_page: Callable[[Request, int, str], Response] | None = None,
) -> FastAPI:
    """The app of one installation. `more`: the pages, when there are any; `error_page`: what a person sees of a refusal."""
    app = FastAPI(
        title="import_export",
        version="1",
        description="Imports of distributors' files. Log in to Airflow, or send its token (`POST /auth/token`).",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_REFUSALS,
    )
    app.state.installation = installation
    app.state.error_page = error_page
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(_own_description())
    for each in more:
        if isinstance(each, APIRouter):
            app.include_router(each)
        else:
            app.router.routes.append(each)
    add_fault_handlers(app)
    app.add_middleware(
        Guard,
        gate=installation.gate,
        routes=app.router.routes,
        base_url=installation.base_url,
        error_page=error_page,
    )
    return app


def _own_description() -> APIRouter:
    router = APIRouter(prefix="/api", include_in_schema=False)

    @router.get("/openapi.json")
    @needs(Access.READ)
    def openapi(request: Request) -> JSONResponse:
        """What the API is, for programs."""
        described = dict(request.app.openapi())
        described["servers"] = [{"url": request.scope.get("root_path", "") or "/"}]
        described.setdefault("components", {})["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"}
        }
        described["security"] = [{"bearer": []}]
        return JSONResponse(described)

    return router
