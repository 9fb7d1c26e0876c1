"""All settings, typed and checked, from the section `[import_export]` of Airflow's configuration.

Each is also an environment variable: `drop_folder` is `AIRFLOW__IMPORT_EXPORT__DROP_FOLDER`.
The field's `doc` is what docs/settings.md shows; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from import_export.addresses import Address, NotifierSpec
from import_export.errors import SettingsError
from import_export.folder_patterns import FOLDERS, FolderPattern
from import_export.messages import Language
from import_export.scopes import ScopeRule
from import_export.setting_values import parse, setting, without_password

SECTION = "import_export"
_POOL = r"[\w .-]{1,256}"
_FORMATS = r"(csv|xlsx|pdf)(\s*,\s*(csv|xlsx|pdf))*"

Getter = Callable[[str], "str | None"]
"""Gives the text of a setting by its key, None when it is not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one installation; made by `load`, handed in everywhere, never changed."""

    drop_folder: Path | str = setting(
        doc="Folder that is watched for new files, on the same disk as `work_folder`; or a URI "
        "(`s3://conn@bucket/drop`)."
    )
    work_folder: Path = setting(doc="Folder of this machine for files that are being worked on.")
    done_folder: Path | str = setting(
        doc="Where the originals of imported batches go, each with its report: a folder or a URI."
    )
    failed_folder: Path | str = setting(
        doc="Where the originals of batches go of which nothing was imported: a folder or a URI."
    )
    shared_folder: str = setting(
        "",
        doc="URI by which workers on several machines share the files that are being worked on "
        "(`s3://conn@bucket/work`); empty: one machine does it all.",
        pattern=r"[a-z][a-z0-9]*://.+",
    )
    mysql_conn_id: str = setting(
        "import_export_mysql", doc="Airflow connection of the MySQL or MariaDB database."
    )
    settle_seconds: int = setting(
        5, doc="How long a dropped file must stay unchanged before it is taken, in seconds.", least=0
    )
    poll_seconds: int = setting(2, doc="How often the drop folder is looked at, in seconds.", least=1)
    lanes: int = setting(4, doc="How many files of a batch are worked on side by side.", least=1)
    load_pool: str = setting(
        "default_pool",
        doc="Airflow pool of the tasks that load rows: its slots are the most loads at once, however many workers there are.",
        pattern=_POOL,
    )
    archive_pool: str = setting(
        "default_pool",
        doc="Airflow pool of the tasks that send files to the archive or deliver exports.",
        pattern=_POOL,
    )
    batch_bytes: int = setting(
        4 << 20, doc="How much of a file is read and checked at once, in bytes.", least=1 << 16
    )
    kept_rejects: int = setting(
        100, doc="How many problems are kept with the job; all of them are in the rejects file.", least=1
    )
    zip_max_files: int = setting(1000, doc="More files than this in one ZIP: refused.", least=1)
    zip_max_bytes: int = setting(
        20 << 30, doc="A ZIP that unpacks to more bytes than this: refused.", least=1 << 20
    )
    zip_max_ratio: int = setting(
        100,
        doc="A file in a ZIP (above 1 MB) that unpacks to more than this many times its packed size: refused.",
        least=1,
    )
    source_roots: tuple[str, ...] = setting(
        (), doc="Folders and URIs from which a run's form may take files, separated by commas; empty: any."
    )
    upload_max_bytes: int = setting(
        20 << 30, doc="An upload of more bytes than this: refused (413).", least=1 << 16
    )
    upload_max_files: int = setting(1000, doc="An upload of more files than this: refused (413).", least=1)
    distributor_access: tuple[ScopeRule, ...] = setting(
        (),
        doc="Which distributors users and roles may see and send for: `agus = 0112 0113; role:Agency = 02*; * = *`. "
        "Empty: everybody all. Otherwise who is not named gets those of `*`, or none.",
    )
    ddl_conn_id: str = setting(
        "",
        doc="Airflow connection of a MySQL user who may make and change tables; empty: that of `mysql_conn_id`.",
    )
    statistics_database: str = setting(
        "",
        doc="Database (MySQL's schema) of the accounts' statistics, on the server of `mysql_conn_id`; "
        "empty: that connection's own name with `_statistics` behind it.",
        pattern=r"[a-z][a-z0-9_]{0,47}",
    )
    archive: str = setting(
        "object_storage", doc="Where imported files are kept.", choices=("object_storage", "google_drive")
    )
    archive_path: str = setting(
        "", doc="Folder or URI of the object storage archive (`/srv/archive`, `s3://conn@bucket/archive`)."
    )
    archive_folders: FolderPattern = setting(
        FOLDERS,
        doc="Folders below the archive's root, of `{dist_id}`, `{table}`, `{yyyy}`, `{mm}`, `{dd}` (when it was received).",
    )
    gdrive_conn_id: str = setting("google_cloud_default", doc="Airflow connection of the Google account.")
    gdrive_folder_id: str = setting(
        "",
        doc="Id of the Drive folder, or of the shared drive, that is the archive; "
        "empty: the folder named `distributor_file`.",
    )
    time_zone: str = setting(
        "Asia/Jakarta",
        doc="Time zone of the days and times that pages show, and of the expected files' days.",
        zone=True,
    )
    language: str = setting(
        "en", doc="Language of reports and of texts kept with jobs.", choices=("en", "id")
    )
    exports_folder: Path | str | None = setting(
        None,
        doc="Where the files go that are exported: a folder or a URI (`s3://conn@bucket/exports`); "
        "empty: `exports` beside `work_folder`.",
    )
    export_schedule: str = setting(
        "0 2 * * *",
        doc="When all accounts are exported, as cron in `time_zone`; empty: never.",
        pattern=r"\S+( +\S+){4}|@(hourly|daily|weekly|monthly)",
        may_be_empty=True,
    )
    export_nightly_formats: str = setting(
        "csv,xlsx,pdf", doc="The formats that are made by the schedule.", pattern=_FORMATS
    )
    export_nightly_frame: int = setting(
        28, doc="How many days the schedule exports: 7, 28, 60 or 90.", choices=("7", "28", "60", "90")
    )
    export_language: str = setting(
        "id", doc="Language of exported files for which nobody chose one.", choices=("en", "id")
    )
    export_lanes: int = setting(2, doc="How many accounts are exported side by side.", least=1)
    export_direct_posts: int = setting(
        5000,
        doc="A workbook or report of a period with more posts than this is not made while its reader waits (413).",
        least=0,
    )
    export_csv_bom: bool = setting(
        default=True, doc="Whether CSV files begin with the mark by which Excel knows UTF-8."
    )
    export_csv_guard: bool = setting(
        default=True, doc="Whether cells of CSV files that a spreadsheet would run are made harmless."
    )
    export_csv_delimiter: str = setting(
        ",",
        doc="What separates the columns of CSV files: a comma; or a semicolon, with decimal commas, as Excel set to "
        "Indonesian opens it.",
        choices=(",", ";"),
    )
    export_delivery: str = setting(
        "",
        doc="Where exported files are also put; empty: nowhere.",
        choices=("object_storage", "google_drive"),
    )
    export_delivery_path: str = setting(
        "", doc="Folder or URI for `object_storage` (`s3://conn@bucket/exports`)."
    )
    export_gdrive_folder_id: str = setting(
        "",
        doc="Id of the Drive folder, or of the shared drive, for exports; empty: the folder named `exports`.",
    )
    export_email_to: tuple[Address, ...] = setting(
        (), doc="Who gets a message with a link when an export is made, separated by commas; empty: nobody."
    )
    export_retention_days: int = setting(
        90, doc="Files of older exports are removed; 0: they are kept.", least=0
    )
    notify_to: tuple[Address, ...] = setting(
        (),
        doc="Who gets the messages about imports that nobody on the Notifications page gets, separated by commas: e-mail "
        "addresses, `slack:CONNECTION`, names of `notifiers`. Empty: nobody.",
    )
    notify_email_from: str = setting("", doc="Sender of e-mails; empty: that of the connection.")
    notify_smtp_conn_id: str = setting("smtp_default", doc="Airflow connection of the mail server.")
    notify_stuck_minutes: int = setting(
        30, doc="A file whose import broke off (8) so long ago is told; 0: never.", least=0
    )
    notifiers: tuple[NotifierSpec, ...] = setting(
        (), doc='Other notifiers by names of yours, as JSON: `{"teams": {"class": "…", "kwargs": {…}}}`.'
    )

    maintenance_schedule: str = setting(
        "*/15 * * * *",
        doc="When the maintenance runs, as cron in `time_zone`; empty: never.",
        pattern=r"\S+( +\S+){4}|@(hourly|daily|weekly|monthly)",
        may_be_empty=True,
    )
    maintenance_attempts: int = setting(
        20,
        doc="How often what failed (an archive, a delivery, a run) is tried again by itself, with growing waits.",
        least=1,
    )
    work_retention_days: int = setting(
        1,
        doc="Work folders of closed batches whose files are archived are removed; 0: they are kept.",
        least=0,
    )
    originals_retention_days: int = setting(
        0, doc="Originals in `done_folder` and `failed_folder` are removed; 0: they are kept.", least=0
    )
    rejects_retention_days: int = setting(
        0, doc="Rejected rows beside the originals are removed; 0: they are kept.", least=0
    )
    events_retention_days: int = setting(
        0, doc="Files' histories are cut down to their ends; 0: they are kept.", least=0
    )
    audit_retention_days: int = setting(
        0, doc="Entries of the log of changes are removed; 0: they are kept.", least=0
    )
    messages_retention_days: int = setting(
        0, doc="Messages that went out, or never will, are removed; 0: they are kept.", least=0
    )
    batches_retention_days: int = setting(
        0, doc="Batches whose files are gone are forgotten, with their jobs; 0: they are kept.", least=0
    )
    warn_free_gb: int = setting(
        5, doc="Less free space than this on a folder's disk is warned of, in GB.", least=0
    )
    warn_table_gb: int = setting(
        0, doc="A table that takes more than this is warned of, in GB; 0: none is.", least=0
    )

    @property
    def exports(self) -> Path | str:
        """`exports_folder`, or its default."""
        return self.exports_folder or self.work_folder.parent / "exports"

    @property
    def file_language(self) -> Language:
        """`export_language`, as the messages know it."""
        return "en" if self.export_language == "en" else "id"

    @property
    def zone(self) -> ZoneInfo:
        """`time_zone`."""
        return ZoneInfo(self.time_zone)

    @property
    def reader_language(self) -> Language:
        """`language`, as the messages know it."""
        return "id" if self.language == "id" else "en"


def load(get: Getter) -> Settings:
    """Read and check all settings; raise `SettingsError` that names every setting that is missing or wrong."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for each in fields(Settings):
        text = get(each.name)
        if text is not None and not text.strip() and each.metadata["may_be_empty"]:
            values[each.name] = ""
            continue
        if text is None or not text.strip():
            if each.default is MISSING:
                wrong.append(f"[{SECTION}] {each.name} is not set ({each.metadata['doc']})")
            continue
        try:
            values[each.name] = parse(str(each.type), text.strip(), each.metadata)
        except ValueError as reason:
            shown = without_password(text.strip())
            wrong.append(f"[{SECTION}] {each.name} = {shown!r}: {reason}")
    if (
        not wrong
        and values.get("archive", "object_storage") == "object_storage"
        and not values.get("archive_path")
    ):
        wrong.append(f"[{SECTION}] archive_path is not set, but archive = object_storage needs it")
    if values.get("export_delivery") == "object_storage" and not values.get("export_delivery_path"):
        wrong.append(
            f"[{SECTION}] export_delivery_path is not set, but export_delivery = object_storage needs it"
        )
    if wrong:
        raise SettingsError("; ".join(wrong))
    return Settings(**values)


def environment_name(key: str) -> str:
    """The environment variable of a setting."""
    return f"AIRFLOW__{SECTION.upper()}__{key.upper()}"
