"""The pages' routes."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.routing import BaseRoute


def page_routes() -> list[APIRouter | BaseRoute]:
    """All routes of the pages, and the static files."""
    return []
