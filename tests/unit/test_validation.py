"""The seven stages and their messages, to the letter."""

from pathlib import Path
from typing import Any

import pytest

from import_export.imports.table_config import table_from_config
from import_export.imports.tables import ImportTable
from import_export.imports.validation import quick_validate

QTY = {"name": "qty", "type": "int", "is_mandatory": True}
TABLE: dict[str, Any] = {
    "table_name": "orders",
    "allowed_filename": "orders",
    "columns": [
        {"name": "distid", "type": "str(20)", "role": "distributor"},
        QTY,
        {"name": "day", "type": "date", "date_formats": ["dd/mm/yyyy"], "aliases": ["tanggal"]},
    ],
}


def told(tmp_path: Path, content: str, *, filename: str = "orders.csv", **arguments: Any) -> str | None:
    path = tmp_path / "0001"
    path.write_text(content)
    verdict = quick_validate(path, filename, arguments.pop("tables", [table_from_config(TABLE)]), **arguments)
    assert verdict.valid == (verdict.told is None)
    return None if verdict.told is None else verdict.told.text()


def test_a_valid_file_is_valid_and_its_rows_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "0001"
    path.write_text('distid;qty;day\n0112;1;31/03/2026\n0112;2.0;"2026-03-31\n"\n\n0112;3;\n')
    verdict = quick_validate(path, "ORDERS.CSV", [table_from_config(TABLE)], dist_id="0112")
    assert (verdict.valid, verdict.rows) == (True, 3)
    assert verdict.table is not None
    assert verdict.table.table_name == "orders"


def test_stage_1_the_file_is_missing_or_of_another_kind(tmp_path: Path) -> None:
    verdict = quick_validate(tmp_path / "nothing", "orders.csv", [])
    assert verdict.told is not None
    assert verdict.told.text() == "File not found."
    assert told(tmp_path, "x", filename="orders.xlsx") == (
        "Unsupported file extension '.xlsx'. Only .csv and .txt are allowed."
    )


@pytest.mark.parametrize("content", ["", "\n\n", "distid;qty;day\n", "distid;qty;day\n\n;;\n"])
def test_stage_2_a_file_without_a_data_row_is_empty(tmp_path: Path, content: str) -> None:
    assert told(tmp_path, content) == "File is empty."


def test_stage_3_duplicate_headers_are_named(tmp_path: Path) -> None:
    assert told(tmp_path, "qty;QTY ;day\n1;2;\n") == "Duplicate headers: qty, QTY"


def test_stage_4_the_file_name_is_not_known(tmp_path: Path) -> None:
    assert told(tmp_path, "qty\n1\n", filename="march.zip/Notes.csv") == "Filename 'notes' not recognized."


def test_stage_5_the_table_has_no_columns(tmp_path: Path) -> None:
    bare = ImportTable(table_name="bare", display_name="Bare", columns=())
    expected = "No column configuration found for table 'bare'."
    assert told(tmp_path, "qty\n1\n", tables=[bare], table_name="bare") == expected


def test_stage_6_mandatory_columns_are_missing(tmp_path: Path) -> None:
    assert told(tmp_path, "distid;tanggal\n0112;\n") == "Missing mandatory columns: qty"


def test_stage_6_two_headers_stand_for_one_column(tmp_path: Path) -> None:
    config = {**TABLE, "columns": [{**QTY, "aliases": ["jumlah", "banyak"]}]}
    found = told(tmp_path, "jumlah;banyak\n1;2\n", tables=[table_from_config(config)])
    assert found == "More than one header stands for column 'qty': banyak, jumlah"


def test_stage_7a_the_distributor_does_not_fit(tmp_path: Path) -> None:
    assert told(tmp_path, "distid;qty\n0112;1\n9912;2\n", dist_id="0112") == (
        "DistID value does not match expected prefix '01' for dist_id '0112'. Found value: '9912'"
    )
    assert told(tmp_path, "distid;qty\n0199;1\n", dist_id="0112") is None
    assert told(tmp_path, "distid;qty\n9912;1\n") is None


def test_stage_7a_looks_at_the_first_five_rows_only(tmp_path: Path) -> None:
    assert told(tmp_path, "distid;qty\n" + "0112;1\n" * 5 + "9912;1\n", dist_id="0112") is None


def test_stage_7b_tells_every_error_of_the_first_two_rows(tmp_path: Path) -> None:
    assert told(tmp_path, "distid;qty;day\n1;x;\n1;;31/02/2026\n1;y;\n") == (
        "Validation errors in sample rows: Row 1: qty must be integer, got 'x'.; Row 2: qty must not be empty.; "
        "Row 2: day must be a date like dd/mm/yyyy, got '31/02/2026'."
    )
    assert told(tmp_path, "qty\n1\n2\nx\n") is None


def test_texts_are_there_in_indonesian_too(tmp_path: Path) -> None:
    path = tmp_path / "0001"
    path.write_text("x\n1\n")
    verdict = quick_validate(path, "orders.csv", [table_from_config(TABLE)])
    assert verdict.told is not None
    assert verdict.told.text("id") == "Kolom wajib tidak ada: qty"
