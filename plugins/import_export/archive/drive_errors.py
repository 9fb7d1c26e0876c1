"""What Google Drive's refusals mean: wait and try again, or tell a person what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from googleapiclient.errors import HttpError

from import_export.errors import ArchiveRefused, ArchiveUnavailable

NOT_FOUND = 404
CONFLICT = 409

_RATE = frozenset({"userRateLimitExceeded", "rateLimitExceeded"})
_TIMEOUT, _TOO_MANY, _FORBIDDEN, _SERVER = 408, 429, 403, 500

_NO_STORAGE = (
    "{account} has no storage left. A service account has none of its own: share a *shared drive* with {account} "
    "(role: content manager) and put its id into the setting; a folder in somebody's My Drive does not do"
)
_MAY_NOT_WRITE = "{account} may not write there; give it the role of a content manager (or editor) on the folder or shared drive"
_ADVICE: Mapping[str, str] = {
    "storageQuotaExceeded": _NO_STORAGE,
    "quotaExceeded": _NO_STORAGE,
    "teamDriveFileLimitExceeded": "the shared drive holds as many files as it may; clear it up or use another one",
    "numChildrenInNonRootLimitExceeded": "a folder holds as many files as it may; set `archive_folders` to more folders",
    "insufficientFilePermissions": _MAY_NOT_WRITE,
    "insufficientParentPermissions": _MAY_NOT_WRITE,
    "insufficientPermissions": "the connection's scopes do not allow writing; use https://www.googleapis.com/auth/drive",
    "accessNotConfigured": "the Google Drive API is not switched on in the Google Cloud project of {account}",
    "dailyLimitExceeded": "the project's calls of the day are used up; the files wait. The limit is in the Google Cloud console",
    "notFound": "{account} does not see the folder or shared drive; check the id in the settings, and share it with {account}",
    "authError": "Google does not accept the key of {account}; make a new one and put it into the Airflow connection",
}
_BY_STATUS: Mapping[int, str] = {401: "authError", NOT_FOUND: "notFound"}


def reason_of(error: HttpError) -> str:
    """Google's own short name of what went wrong, empty when it gives none."""
    return _told(error, "reason")


def is_passing(error: HttpError) -> bool:
    """Whether the same call may succeed later."""
    status = error.resp.status
    limited = status == _FORBIDDEN and reason_of(error) in _RATE
    return limited or status in (_TIMEOUT, _TOO_MANY) or status >= _SERVER


def retry_after(error: HttpError, now: datetime | None = None) -> float:
    """How many seconds Google asks to wait, 0 when it does not say."""
    text = str(error.resp.get("retry-after", "")).strip()
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def as_fault(error: HttpError, account: str) -> ArchiveRefused | ArchiveUnavailable:
    """Our fault for Google's error, with what a person has to do where only a person can help."""
    status, reason = error.resp.status, reason_of(error)
    told = f"{status} {reason}".strip()
    if is_passing(error):
        return ArchiveUnavailable(f"Google Drive asks to come back later ({told})")
    advice = _ADVICE.get(reason) or _ADVICE.get(_BY_STATUS.get(status, ""))
    why = advice.format(account=account) if advice else _told(error, "message") or "it gives no reason"
    return ArchiveRefused(f"Google Drive refused ({told}): {why}")


def status_of(refused: ArchiveRefused) -> int | None:
    """The HTTP status behind a refusal, None when it has another cause."""
    cause = refused.__cause__
    return int(cause.resp.status) if isinstance(cause, HttpError) else None


def _told(error: HttpError, key: str) -> str:
    try:
        found: Any = json.loads(error.content)["error"]["errors"][0][key]
    except (ValueError, KeyError, IndexError, TypeError):
        return ""
    return str(found)
