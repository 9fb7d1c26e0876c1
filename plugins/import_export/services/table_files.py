"""Files made of an import table: the template that distributors fill in, and the table's content as CSV or XLSX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from import_export.errors import BadRequest, Forbidden
from import_export.exports.harmless import harmless
from import_export.imports.dates import day_first
from import_export.imports.tables import HELPER_COLUMNS, Column, ImportTable, Kind, NumberFormat, Role
from import_export.scopes import Scope
from import_export.services.context import Context
from import_export.stores.content import content

XLSX_ROWS = 1_048_575
"""What a sheet holds below its header."""
_EXAMPLE_DAY = datetime(2026, 1, 31, 14, 30)  # noqa: DTZ001 - an example
_TEXT_FORMAT = "@"
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")
_FIRST_DAY = date(1900, 3, 1)
"""Of earlier days spreadsheets know nothing, or something wrong."""


def template_csv(table: ImportTable, dist_id: str | None = None) -> str:
    """A file as the table wants it: header, and one row of examples; UTF-8 text for spreadsheets of this region (`;`)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    distributor = table.by_role(Role.DISTRIBUTOR)
    writer.writerow(
        [dist_id if dist_id and column is distributor else example(column) for column in table.columns]
    )
    return buffer.getvalue()


def example(column: Column) -> str:
    """A value that the column accepts, written as its configuration wants it."""
    kind = column.type.kind
    if column.allowed_values:
        return column.allowed_values[0]
    if kind in (Kind.DATE, Kind.DATETIME):
        return _example_moment(column)
    if kind is Kind.INT:
        return _bounded(column, "1")
    if kind is Kind.BOOL:
        return "1"
    if kind is Kind.DECIMAL:
        return _example_number(column)
    return "ABC"[: column.type.length]


def export_csv(
    context: Context, table: ImportTable, scope: Scope, *, for_people: bool = False
) -> Generator[bytes]:
    """The table's rows as CSV: UTF-8 with a mark, comma, RFC 4180; any number of rows, streamed.

    `for_people`: texts that a spreadsheet would run get an apostrophe. Raises `Forbidden` before the first piece.
    """
    columns = exported_columns(table)
    pattern = _pattern(table, scope)

    def pieces() -> Generator[bytes]:
        yield "\ufeff".encode() + _lines([columns])
        with context.database.session(loader=False) as session:
            for rows in content(session, table, columns, dist_pattern=pattern):
                yield _lines([[_cell(value, for_people=for_people) for value in row] for row in rows])

    return pieces()


def export_xlsx(context: Context, table: ImportTable, scope: Scope, target: Path | IO[bytes]) -> int:
    """Write the table's rows as a workbook; give their number. Raises `BadRequest` for more than a sheet holds."""
    columns = exported_columns(table)
    pattern = _pattern(table, scope)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NO_TITLE.sub("_", table.table_name)[:31])
    sheet.freeze_panes = "A2"
    for number, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = min(max(len(name) + 3, 12), 40)
    bold = Font(bold=True)
    header = [WriteOnlyCell(sheet, value=name) for name in columns]
    for cell in header:
        cell.font = bold
    sheet.append(header)
    try:
        count = _append_rows(context, table, columns, pattern, sheet)
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # noqa: SLF001 - else its rows lie in the folder for temporary files until the process ends
        raise
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count + 1}"
    book.save(target)
    return count


def _append_rows(
    context: Context, table: ImportTable, columns: Sequence[str], pattern: str | None, sheet: Any
) -> int:
    count = 0
    with context.database.session() as session:
        for rows in content(session, table, columns, dist_pattern=pattern):
            count += len(rows)
            if count > XLSX_ROWS:
                raise BadRequest(
                    f"table '{table.table_name}' has more rows than a sheet holds ({XLSX_ROWS:,}); take the CSV"
                )
            for row in rows:
                sheet.append([_typed(sheet, value) for value in row])
    return count


def exported_columns(table: ImportTable) -> list[str]:
    """The configured columns, then when each row was imported."""
    return [column.name for column in table.columns] + ([HELPER_COLUMNS[1]] if table.has_helpers else [])


def _pattern(table: ImportTable, scope: Scope) -> str | None:
    if scope.regexp is not None and table.by_role(Role.DISTRIBUTOR) is None:
        raise Forbidden(
            f"the rows of table '{table.table_name}' do not tell their distributor, so only who may see all can have them"
        )
    return scope.regexp


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue().encode()


def _cell(value: Any, *, for_people: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")
    if isinstance(value, str):
        return harmless(value) if for_people else value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, Decimal):
        return f"{value:f}"  # never 1E-7
    return str(value)


def _typed(sheet: Any, value: Any) -> Any:
    """A cell that is what MySQL holds: texts stay texts (openpyxl makes `=…` a formula otherwise)."""
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=_xml_text(value))
        cell.data_type = "s"
        cell.number_format = _TEXT_FORMAT
        return cell
    if isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) < _FIRST_DAY:
        return _typed(sheet, _cell(value, for_people=False))
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, int) and abs(value) >= 10**15:
        return _typed(sheet, str(value))  # a spreadsheet would lose digits
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > 15:
        return _typed(sheet, f"{value:f}")
    return value


def _xml_text(text: str) -> str:
    """What XML can hold of a text; a sheet's cell holds 32,767 characters."""
    return _NO_XML.sub("\ufffd", text)[:32_767]


def _example_moment(column: Column) -> str:
    pattern = column.date_formats[0] if column.date_formats else "dd/mm/yyyy"
    separator = next((sign for sign in pattern if not sign.isalnum()), "")
    if pattern.lower().startswith("y"):
        parts = ["%Y", "%m", "%d"]
    else:
        parts = ["%d", "%m", "%Y"] if day_first(column.date_formats) is not False else ["%m", "%d", "%Y"]
    day = _EXAMPLE_DAY
    if column.minimum or column.maximum:
        day = datetime.combine(date.fromisoformat((column.minimum or column.maximum or "")[:10]), day.time())
    text = day.strftime(separator.join(parts))
    return f"{text} {day:%H:%M}" if column.type.kind is Kind.DATETIME else text


def _example_number(column: Column) -> str:
    plain = _bounded(column, "1234.56" if column.type.precision - column.type.scale >= 4 else "1")
    number = Decimal(plain).quantize(Decimal(1).scaleb(-column.type.scale))
    text = f"{number:,f}"
    if column.number_format is NumberFormat.COMMA_DECIMAL:
        return text.translate(str.maketrans(",.", ".,"))
    return text if column.number_format is NumberFormat.POINT_DECIMAL else f"{number:f}"


def _bounded(column: Column, usual: str) -> str:
    low, high = column.minimum, column.maximum
    if low is not None and Decimal(usual) < Decimal(low):
        return low
    return high if high is not None and Decimal(usual) > Decimal(high) else usual
