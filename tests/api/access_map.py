"""Every route of the app and what it asks: said once more here, so that a new or changed route is looked at by somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.routing import BaseRoute, Mount, Route

from import_export.api.access import Access
from tests.api.house import front

STATIC = "/static"
"""Beside the routes there is this folder of static files, for whom a login is enough."""

_BY_ACCESS: Mapping[Access, str] = {
    Access.READ: """
        GET /
        GET /upload
        GET /batches
        GET /batches/chart
        GET /batches/distributors
        GET /batches/{batch_id}
        GET /files/{job_id}/rejects
        GET /tables
        GET /tables/filename
        GET /tables/{name}
        GET /missing
        GET /api/docs
        GET /api/openapi.json
        GET /api/jobs
        GET /api/jobs/{batch_id}
        GET /api/jobs/{batch_id}/details
        GET /api/jobs/{batch_id}/report.txt
        GET /api/counts
        GET /api/events
        GET /api/files/{job_id}
        GET /api/files/{job_id}/rejects
        GET /api/files/{job_id}/rejects.csv
        GET /api/tables
        GET /api/tables/{name}
        GET /api/tables/{name}/columns
        GET /api/tables/{name}/versions
        GET /api/tables/{name}/template.csv
        GET /api/tables/{name}/export.csv
        GET /api/tables/{name}/export.xlsx
        GET /api/expected
        GET /api/deadlines
        GET /api/missing
    """,
    Access.IMPORT: """
        POST /api/import
        POST /api/preview
        POST /api/jobs/{batch_id}/cancel
        POST /api/files/{job_id}/undo
        POST /api/files/{job_id}/rerun
        POST /api/files/{job_id}/corrections
    """,
    Access.CONFIGURE: """
        POST /files/{job_id}/alias
        GET /tables/new
        POST /tables/new
        POST /tables/{name}/replay
        GET /notifications
        POST /notifications/addresses
        POST /notifications/addresses/{address_id}/remove
        GET /maintenance
        POST /missing/expect
        POST /missing/expect-no-more
        POST /missing/deadline
        POST /missing/no-deadline
        GET /audit
        POST /api/tables
        POST /api/tables/register
        POST /api/tables/suggest
        GET /api/tables/registrable
        PUT /api/tables/{name}
        DELETE /api/tables/{name}
        PUT /api/tables/{table_id}/filename
        POST /api/tables/{name}/replay
        POST /api/tables/{name}/columns
        PUT /api/columns/{column_id}
        DELETE /api/columns/{column_id}
        POST /api/columns/{column_id}/aliases
        DELETE /api/aliases/{alias_id}
        PUT /api/expected
        DELETE /api/expected
        PUT /api/deadlines
        DELETE /api/deadlines
        GET /api/audit
        GET /api/notifications
        POST /api/notifications/{notification_id}/again
        GET /api/notifications/addresses
        PUT /api/notifications/addresses
        DELETE /api/notifications/addresses/{address_id}
        GET /api/maintenance
        POST /api/maintenance/runs
    """,
    Access.STATISTICS: """
        GET /exports
        GET /exports/earlier
        GET /exports/preview
        GET /exports/{export_id}
        GET /exports/{export_id}/row
        GET /api/accounts
        GET /api/accounts/{account_id}
        GET /api/accounts/{account_id}/user-data
        GET /api/accounts/{account_id}/user-data/summary
        GET /api/accounts/{account_id}/insights/reach
        GET /api/accounts/{account_id}/insights/reach/average/summary
        GET /api/accounts/{account_id}/insights/impressions
        GET /api/accounts/{account_id}/insights/impressions/average/summary
        GET /api/accounts/{account_id}/insights/online-followers
        GET /api/accounts/{account_id}/insights/audience-city
        GET /api/accounts/{account_id}/insights/audience-country
        GET /api/accounts/{account_id}/insights/audience-gender-age
        GET /api/accounts/{account_id}/media
        GET /api/accounts/{account_id}/media/summary
        GET /api/accounts/{account_id}/media/engagement
        GET /api/accounts/{account_id}/media/engagement/summary
        GET /api/accounts/{account_id}/media/engagement/average/summary
        GET /api/accounts/{account_id}/hashtag-metrics
        GET /api/accounts/{account_id}/competitor-accounts
        GET /api/accounts/{account_id}/competitor-accounts/{competitor_id}/user-data
        GET /api/accounts/{account_id}/competitor-accounts/{competitor_id}/media
        GET /api/accounts/{account_id}/competitor-accounts/{competitor_id}/media/summary
        GET /api/accounts/{account_id}/competitor-accounts/{competitor_id}/media/engagement/average/summary
        GET /api/accounts/{account_id}/competitor-accounts/{competitor_id}/hashtag-metrics
        GET /api/accounts/{account_id}/download/csv/{content}
        GET /api/accounts/{account_id}/download/xlsx
        GET /api/accounts/{account_id}/download/pdf
        GET /api/exports
        GET /api/exports/{export_id}
        GET /api/exports/{export_id}/files/{file_id}
        GET /api/exports/{export_id}/files.zip
    """,
    Access.EXPORT: """
        POST /api/exports
    """,
}
NEEDED: Mapping[str, Access] = {
    line.strip(): access for access, lines in _BY_ACCESS.items() for line in lines.strip().splitlines()
}
"""`METHOD PATH` → what it asks."""

SEES_ALL = frozenset(
    {
        "GET /api/audit",
        "GET /audit",
        "GET /api/maintenance",
        "GET /maintenance",
        "POST /api/maintenance/runs",
    }
)
"""For who sees all distributors only."""

BATCH = "00000000-0000-4000-8000-000000000000"
NOT_THERE: Mapping[str, str] = {
    "batch_id": BATCH,
    "name": "stocks",
    "table_id": "1",
    "notification_id": "1",
    "address_id": "1",
    "job_id": "1",
    "column_id": "1",
    "alias_id": "1",
    "account_id": "17841",
    "competitor_id": "17842",
    "content": "media",
    "export_id": BATCH,
    "file_id": "1",
}
"""A value for each parameter of a path."""


def all_routes() -> list[BaseRoute]:
    """Whatever the app would answer, as it is found in it."""
    return list(front().app.router.routes)


def endpoints() -> list[tuple[str, Route]]:
    """Each method of each route of the app, without the folder of static files."""
    routes = [route for route in all_routes() if isinstance(route, Route)]
    mounts = [route.path for route in all_routes() if isinstance(route, Mount)]
    assert mounts == [STATIC]
    assert len(routes) + len(mounts) == len(all_routes())
    return [(method, route) for route in routes for method in sorted(route.methods or ())]


def filled(path: str, values: Mapping[str, str] = NOT_THERE) -> str:
    """A path with its parameters filled in; the one that streams for ever ends at once."""
    made = re.sub(r"{(\w+)(:\w+)?}", lambda found: values[found[1]], path)
    return f"{made}?seconds=0" if path == "/api/events" else made
