"""Named points before and after each side effect of an import or export, at which a test lets its process fail.

`IMPORT_EXPORT_FAILPOINTS="load.commit.before=kill;archive.upload.after=raise"` names points and what happens when each is
reached for the first time. It counts only beside `IMPORT_EXPORT_TEST_ONLY=1`; without both, a point costs one look at an
empty dictionary. Nothing but these variables reaches the code below `hit`.

actions: `raise` (an error that nobody foresees), `kill` (SIGKILL), `sleep` (stopped until somebody continues or kills it),
`sleep:SECONDS`, `drop` (every network connection of the process is cut)
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

VARIABLE = "IMPORT_EXPORT_FAILPOINTS"
GUARD = "IMPORT_EXPORT_TEST_ONLY"

POINTS: Mapping[str, str] = {
    "settle.look.before": "archive/settling.py",
    "settle.look.after": "archive/settling.py",
    "claim.note.before": "archive/drop_folder.py",
    "claim.note.after": "archive/drop_folder.py",
    "claim.rename.before": "archive/drop_folder.py",
    "claim.rename.after": "archive/drop_folder.py",
    "claim.objects.commit.before": "services/dropping.py",
    "claim.objects.commit.after": "services/dropping.py",
    "fetch.object.before": "services/dropping.py",
    "fetch.object.after": "services/dropping.py",
    "remove.object.before": "services/dropping.py",
    "remove.object.after": "services/dropping.py",
    "register.commit.before": "services/receiving.py",
    "register.commit.after": "services/receiving.py",
    "upload.commit.before": "services/uploading.py",
    "upload.commit.after": "services/uploading.py",
    "upload.rename.after": "services/uploading.py",
    "extract.files.before": "services/receiving.py",
    "freeze.write.before": "imports/freezing.py",
    "freeze.rename.before": "imports/freezing.py",
    "freeze.rename.after": "imports/freezing.py",
    "extract.commit.before": "services/receiving.py",
    "extract.commit.after": "services/receiving.py",
    "validate.commit.before": "services/validating.py",
    "validate.commit.after": "services/validating.py",
    "validate.large.commit.before": "services/validating.py",
    "validate.large.commit.after": "services/validating.py",
    "load.taken.commit.before": "services/loading.py",
    "load.taken.commit.after": "services/loading.py",
    "load.rows.before": "services/loading.py",
    "load.rows.after": "services/loading.py",
    "stage.rows.before": "stores/staging_table.py",
    "stage.rows.after": "stores/staging_table.py",
    "merge.rows.before": "stores/loader.py",
    "merge.rows.after": "stores/loader.py",
    "load.status.before": "services/loading.py",
    "load.status.after": "services/loading.py",
    "load.commit.before": "services/loading.py",
    "load.commit.after": "services/loading.py",
    "archive.id.before": "services/archiving.py",
    "archive.id.after": "services/archiving.py",
    "archive.upload.before": "services/archiving.py",
    "archive.upload.after": "services/archiving.py",
    "archive.rename.before": "archive/object_storage.py",
    "archive.rename.after": "archive/object_storage.py",
    "archive.commit.before": "services/archiving.py",
    "archive.commit.after": "services/archiving.py",
    "finish.skipped.commit.before": "services/finishing.py",
    "finish.skipped.commit.after": "services/finishing.py",
    "finish.report.before": "services/finishing.py",
    "finish.report.after": "services/finishing.py",
    "finish.rename.before": "archive/putting_away.py",
    "finish.rename.after": "archive/putting_away.py",
    "finish.work.before": "services/finishing.py",
    "finish.work.after": "services/finishing.py",
    "finish.commit.before": "services/finishing.py",
    "finish.commit.after": "services/finishing.py",
    "undo.commit.before": "services/undoing.py",
    "undo.commit.after": "services/undoing.py",
    "rerun.commit.before": "services/rerunning.py",
    "rerun.commit.after": "services/rerunning.py",
    "purge.files.before": "services/retention.py",
    "purge.files.after": "services/retention.py",
    "purge.batch.commit.before": "services/retention.py",
    "purge.batch.commit.after": "services/retention.py",
    "export.plan.commit.before": "services/exporting.py",
    "export.plan.commit.after": "services/exporting.py",
    "export.write.before": "services/export_files.py",
    "export.write.after": "services/export_files.py",
    "export.rename.before": "archive/local_folder.py",
    "export.rename.after": "archive/local_folder.py",
    "export.commit.before": "services/exporting.py",
    "export.commit.after": "services/exporting.py",
    "deliver.id.before": "services/export_delivery.py",
    "deliver.id.after": "services/export_delivery.py",
    "deliver.upload.before": "services/export_delivery.py",
    "deliver.upload.after": "services/export_delivery.py",
    "deliver.commit.before": "services/export_delivery.py",
    "deliver.commit.after": "services/export_delivery.py",
    "export.close.commit.before": "services/exporting.py",
    "export.close.commit.after": "services/exporting.py",
    "export.purge.before": "services/export_retention.py",
    "export.purge.after": "services/export_retention.py",
}
"""Every point, and the module in which it is; a test holds the code against this list."""


class Struck(Exception):
    """What `raise` raises: an error like one that nobody thought of."""


_armed: dict[str, str] = {}


def hit(point: str) -> None:
    """Let happen what a test wants to happen at this point: nothing, as a rule."""
    if _armed:
        _strike(point)


def arm(environment: Mapping[str, str] = os.environ) -> None:
    """Take over what the environment says; raises `ValueError` for what is no point or no action."""
    _armed.clear()
    if environment.get(GUARD) != "1":
        return
    for entry in filter(None, environment.get(VARIABLE, "").split(";")):
        point, _, action = entry.partition("=")
        if point not in POINTS:
            raise ValueError(f"{VARIABLE}: there is no point '{point}'")
        if action.partition(":")[0] not in ("raise", "kill", "sleep", "drop"):
            raise ValueError(f"{VARIABLE}: '{action}' is none of: raise, kill, sleep, sleep:SECONDS, drop")
        _armed[point] = action


def _strike(point: str) -> None:
    action, _, seconds = _armed.pop(point, "").partition(":")
    if action == "raise":
        raise Struck(point)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "sleep" and seconds:
        time.sleep(float(seconds))
    elif action == "sleep":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "drop":
        _drop_connections()


def _drop_connections() -> None:
    """Cut all network connections, as a network that fails does it: who uses one of them gets an error."""
    for descriptor in Path("/proc/self/fd").iterdir():
        # One that was closed meanwhile, or that is not connected.
        with suppress(OSError):
            if stat.S_ISSOCK(descriptor.stat().st_mode):
                with socket.socket(fileno=os.dup(int(descriptor.name))) as found:
                    if found.family in (socket.AF_INET, socket.AF_INET6):
                        found.shutdown(socket.SHUT_RDWR)


arm()
