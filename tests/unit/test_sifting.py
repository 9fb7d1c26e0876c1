"""Totals lines and second tables: left out and told, and never a row of data that only looks like one."""

from pathlib import Path
from typing import Any

import pytest

from import_export.imports.staging import StagedResult
from import_export.imports.table_config import table_from_config
from tests.unit.test_staging import stage

SALES: dict[str, Any] = {
    "table_name": "sales",
    "columns": [
        {"name": "distid", "is_mandatory": True},
        {"name": "tgl", "type": "date", "is_mandatory": True, "date_formats": ["dd/mm/yyyy"]},
        {"name": "toko"},
        {"name": "qty", "type": "int", "number_format": "1.234,56"},
        {
            "name": "amount",
            "type": "decimal(18,2)",
            "is_mandatory": True,
            "number_format": "1.234,56",
            "role": "amount",
        },
    ],
}
HEADER = "distid;tgl;toko;qty;amount\n"
ROW = "0112;01/03/2026;TOKO A;2;1.000,50\n"


def staged(tmp_path: Path, content: str) -> StagedResult:
    path = tmp_path / "sales.csv"
    path.write_text(HEADER + content)
    file = stage(path, table_from_config(SALES))
    good = sum(frame.height for frame in file)
    assert good == file.result.good
    assert file.result.lines == good + file.result.rejected + file.result.skipped
    return file.result


@pytest.mark.parametrize(
    ("content", "good", "rejected", "totals", "agree"),
    [
        (ROW * 2 + "TOTAL;;;4;2.001,00\n", 2, 0, 1, True),
        (ROW * 2 + "TOTAL;;;4;2.002\n", 2, 0, 1, False),
        (ROW * 2 + "TOTAL;;;4;2.001\n", 2, 0, 1, True),
        (ROW * 2 + ";;Grand Total :;4;2.001,00\n", 2, 0, 1, True),
        (ROW * 2 + "JUMLAH;;;;\n", 2, 0, 1, None),
        (
            ROW + ";;Sub Total;;1.000,50\n" + ROW * 2 + ";;Sub Total;;2.001\n;;TOTAL;;3.001,50\n",
            3,
            0,
            3,
            True,
        ),
        (ROW + "Total 0112;;;2;1.000,50\n", 1, 0, 1, True),
        (ROW + "Total;1.000,50\n", 1, 0, 1, True),
        # a bad row of data counts in the file's own total
        (ROW + "0112;31/02/2026;TOKO B;1;5\nTOTAL;;;3;1.005,50\n", 1, 1, 1, True),
        # customers
        ("0112;01/03/2026;TOTAL JAYA;2;1.000,50\n", 1, 0, 0, None),
        ("0112;;TOTAL JAYA;2;1.000,50\n", 0, 1, 0, None),
        ("0112;31/02/2026;TOTAL;2;1.000,50\n", 0, 1, 0, None),
        ("0112;01/03/2026;TOTAL;2;1.000,50\n", 1, 0, 0, None),
        (ROW + "0112;;;2;1\n", 1, 1, 0, None),
    ],
)
def test_totals_lines_are_left_out_and_compared(
    content: str, good: int, rejected: int, totals: int, agree: bool | None, tmp_path: Path
) -> None:
    result = staged(tmp_path, content)
    assert (result.good, result.rejected, result.skipped_totals, result.control_total) == (
        good,
        rejected,
        totals,
        agree,
    )
    codes = {note.code.value for note in result.notes}
    assert ("TOTAL_MISMATCH" in codes) is (agree is False)
    assert ("TOTALS_AGREE" in codes) is (agree is True)


@pytest.mark.parametrize(
    "second",
    [
        "\nkode;nama;kota;x;y\n1;a;b;c;d\n2;e;f;g;h\n",
        "\nRetur\nkode;nama;kota\n1;a;b\n2;e;f\n",
        "kode;nama;kota;alamat;telepon;x\n1;a;b;c;d;e\n",
    ],
)
def test_a_second_table_is_left_out_from_its_line_on(second: str, tmp_path: Path) -> None:
    result = staged(tmp_path, ROW * 3 + second)
    assert (result.good, result.rejected, result.skipped) == (3, 0, len(second.split()))
    [told] = [note for note in result.notes if note.code.value == "SECOND_TABLE"]
    assert told.params["line"] == 5 + second.startswith("\n")


@pytest.mark.parametrize(
    "content",
    [
        ROW + "\nkode;nama;kota;x;y\n" + ROW,
        ROW + "kode;nama;kota;x;y\n" + ROW * 2,
        ROW + "\na;b;c;d;e\n",
    ],
)
def test_a_bad_row_among_good_ones_is_no_second_table(content: str, tmp_path: Path) -> None:
    result = staged(tmp_path, content)
    assert result.rejected == 1
    assert result.skipped == 0
