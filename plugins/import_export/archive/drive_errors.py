"""What Google Drive's refusals mean: wait and try again, or tell a person what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping

from googleapiclient.errors import HttpError

from import_export.errors import ArchiveRefused, ArchiveUnavailable

_RATE = frozenset(
    {"userRateLimitExceeded", "rateLimitExceeded", "dailyLimitExceeded", "sharingRateLimitExceeded"}
)
_LATER = frozenset({408, 429, 500, 502, 503, 504})

_ADVICE: Mapping[str, str] = {
    "storageQuotaExceeded": (
        "the account has no storage left. A service account has none of its own: create the folder on a *shared drive* "
        "and give the service account's address the role of a content manager there"
    ),
    "teamDriveFileLimitExceeded": "the shared drive holds as many files as it may; clear it up or use another one",
    "insufficientFilePermissions": (
        "the account may not write to the folder; give its address the role of a content manager (or editor) there"
    ),
    "insufficientPermissions": "the connection's scopes do not allow writing; use https://www.googleapis.com/auth/drive",
    "accessNotConfigured": "the Google Drive API is not switched on in the account's Google Cloud project",
    "notFound": (
        "the folder of gdrive_folder_id does not exist, or is not shared with the account; share it with its address"
    ),
    "authError": "Google does not accept the account's key; make a new one and put it into the Airflow connection",
}


def reason_of(error: HttpError) -> str:
    """Google's own short name of what went wrong, empty when it gives none."""
    try:
        errors = json.loads(error.content)["error"]["errors"]
        return str(errors[0]["reason"])
    except (ValueError, KeyError, IndexError, TypeError):
        return ""


def is_passing(error: HttpError) -> bool:
    """Whether the same call may succeed later."""
    return error.resp.status in _LATER or (error.resp.status == 403 and reason_of(error) in _RATE)


def as_fault(error: HttpError) -> ArchiveRefused | ArchiveUnavailable:
    """Our fault for Google's error, with what a person has to do where only a person can help."""
    status, reason = error.resp.status, reason_of(error)
    if is_passing(error):
        return ArchiveUnavailable(
            f"Google Drive asks to come back later ({status} {reason})".replace(" )", ")")
        )
    advice = _ADVICE.get(reason) or _ADVICE.get({401: "authError", 404: "notFound"}.get(status, ""))
    return ArchiveRefused(
        f"Google Drive refused ({status} {reason or 'no reason given'}): {advice or 'see the log'}"
    )
