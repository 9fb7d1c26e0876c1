"""Settings: typed, checked, and told by name."""

from pathlib import Path

import pytest

from import_export.errors import SettingsError
from import_export.settings import environment_name, load

COMPLETE = {
    "drop_folder": "/srv/drop",
    "work_folder": "/srv/work",
    "done_folder": "/srv/done",
    "failed_folder": "/srv/failed",
    "archive_path": "/srv/archive",
}


def test_settings_have_the_documented_defaults() -> None:
    settings = load(COMPLETE.get)
    assert settings.drop_folder == Path("/srv/drop")
    assert (settings.settle_seconds, settings.lanes, settings.archive) == (5, 4, "object_storage")
    assert settings.source_roots == ()


def test_texts_become_the_types_of_the_settings() -> None:
    settings = load((COMPLETE | {"lanes": " 8 ", "source_roots": "/a, s3://b/c ,"}).get)
    assert settings.lanes == 8
    assert settings.source_roots == ("/a", "s3://b/c")


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("lanes", "many", "must be a whole number"),
        ("lanes", "0", "must be at least 1"),
        ("drop_folder", "drop", "must be an absolute path"),
        ("archive", "ftp", "must be one of: object_storage, google_drive"),
        ("export_nightly_frame", "30", "must be one of: 7, 28, 60, 90"),
        ("export_nightly_formats", "csv, doc", "must look like"),
        ("archive_folders", "{dist}/{mm}", "{dist} is none of"),
        ("export_csv_bom", "perhaps", "must be True or False"),
        ("export_schedule", "at night", "must look like"),
        ("work_folder", "s3://conn@bucket/work", "must be an absolute path"),
        ("drop_folder", "s3:/bucket/drop", "must be an absolute path"),
        ("shared_folder", "/mnt/work", "must look like"),
    ],
)
def test_a_wrong_setting_is_told_by_its_name(key: str, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=rf"\[import_export\] {key} = '{text}': {told}"):
        load((COMPLETE | {key: text}).get)


def test_every_missing_setting_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as told:
        load({}.get)
    for key in ("drop_folder", "work_folder", "done_folder", "failed_folder"):
        assert f"[import_export] {key} is not set" in str(told.value)


def test_object_storage_needs_a_path_and_drive_does_not() -> None:
    without = COMPLETE | {"archive_path": ""}
    with pytest.raises(SettingsError, match="archive_path"):
        load(without.get)
    assert load((without | {"archive": "google_drive"}).get).archive == "google_drive"


def test_a_setting_is_an_environment_variable_of_airflow() -> None:
    assert environment_name("drop_folder") == "AIRFLOW__IMPORT_EXPORT__DROP_FOLDER"


def test_exports_lie_beside_the_work_folder_and_are_made_every_night_unless_said_otherwise() -> None:
    settings = load(COMPLETE.get)
    assert (settings.exports, settings.export_schedule) == (Path("/srv/exports"), "0 2 * * *")
    said = load((COMPLETE | {"exports_folder": "/mnt/exports", "export_schedule": " "}).get)
    assert (said.exports, said.export_schedule) == (Path("/mnt/exports"), "")


def test_a_switch_is_true_or_false() -> None:
    assert load(COMPLETE.get).export_csv_guard is True
    assert load((COMPLETE | {"export_csv_guard": "False"}).get).export_csv_guard is False


def test_a_delivery_to_object_storage_needs_a_path() -> None:
    with pytest.raises(SettingsError, match="export_delivery_path is not set"):
        load((COMPLETE | {"export_delivery": "object_storage"}).get)


def test_a_folder_may_be_in_a_bucket() -> None:
    wanted = {
        "drop_folder": "s3://conn@bucket/drop",
        "done_folder": "gs://bucket/done",
        "failed_folder": "file:///srv/x",
    }
    found = load((COMPLETE | wanted).get)
    assert (found.drop_folder, found.done_folder) == ("s3://conn@bucket/drop", "gs://bucket/done")
    assert found.failed_folder == Path("/srv/x")
    assert (load(COMPLETE.get).shared_folder, load(COMPLETE.get).failed_folder) == ("", Path("/srv/failed"))


@pytest.mark.parametrize("key", ["drop_folder", "archive_path", "shared_folder"])
def test_a_password_in_a_uri_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError, match=r"://…@bucket.* make an Airflow connection") as told:
        load((COMPLETE | {key: "s3://key:hunter2@bucket/x"}).get)
    assert "hunter2" not in str(told.value)
