"""`inspect`: prints what a file was understood as, and writes files as plain CSV. Needs neither Airflow nor a database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from import_export.errors import BadRequest
from import_export.imports.inspection import Inspection, Question, ZipInspection, inspect_file
from import_export.imports.layout import delimiter_name, read_layout
from import_export.imports.plain_csv import write_plain_csv
from import_export.imports.table_config import table_from_config
from import_export.imports.tables import ImportTable
from import_export.imports.validation import AUTO
from import_export.messages import Language, Message, Told, tell

TablesOfDatabase = Callable[[], Sequence[ImportTable]]

_SHOWN_REJECTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `inspect`."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a CSV, TXT or ZIP file")
    parser.add_argument(
        "--table",
        metavar="CONFIG.json",
        help="the configuration of the table, as a file; or the name of a configured table. Without it the file's name "
        "decides among the tables of the database",
    )
    parser.add_argument("--dist-id", help="the distributor that the rows must belong to")
    parser.add_argument("--all-rows", action="store_true", help="check every row, also of a large file")
    parser.add_argument(
        "--rows", type=_count, default=5, metavar="N", help="rows shown as they would be loaded (5)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--to-csv", type=Path, metavar="OUT", help="write the file as it was understood as plain CSV"
    )
    parser.add_argument(
        "--batch", type=Path, metavar="PAIRS.tsv", help="write many files as plain CSV: IN, tab, OUT a line"
    )
    parser.add_argument("--language", choices=("en", "id"), default="en", help="language of the messages")


def run(chosen: argparse.Namespace, tables_of_database: TablesOfDatabase) -> int:
    """Inspect a file, or write files as plain CSV; give the exit status: 0, or 1 when something could not be done."""
    language = cast("Language", chosen.language)
    if chosen.batch is not None:
        return _convert_many(chosen.batch, language)
    if chosen.file is None:
        raise BadRequest("inspect needs a FILE (or --batch PAIRS.tsv)")
    if chosen.to_csv is not None:
        return _convert(chosen.file, chosen.to_csv, language)
    tables, table_name, dist_id = _tables(chosen.table, tables_of_database)
    question = Question(
        tables=tables,
        table_name=table_name,
        dist_id=chosen.dist_id or dist_id,
        rows=chosen.rows,
        all_rows=chosen.all_rows,
    )
    try:
        found = inspect_file(chosen.file, question)
    except OSError as fault:
        raise BadRequest(f"{chosen.file}: {fault.strerror}") from fault
    if chosen.json:
        print(json.dumps(found.to_json(language), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_words(found, language)))
    return 0


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _tables(
    wanted: str | None, tables_of_database: TablesOfDatabase
) -> tuple[Sequence[ImportTable], str, str | None]:
    """The tables in question, the one that is given, and the distributor that the configuration names."""
    if wanted is None or not (wanted.endswith(".json") or Path(wanted).is_file()):
        return tables_of_database(), wanted or AUTO, None
    try:
        config = json.loads(Path(wanted).read_text(encoding="utf-8"))
    except OSError as fault:
        raise BadRequest(f"{wanted}: {fault.strerror}") from fault
    except ValueError as fault:
        raise BadRequest(f"{wanted}: this is not JSON ({fault})") from fault
    if not isinstance(config, dict):
        raise BadRequest(f"{wanted}: a table's configuration is an object")
    of_table: Any = config.get("table", config)
    table = table_from_config(of_table)
    dist_id = config.get("dist_id") or of_table.get("dist_id")
    return [table], table.table_name, None if dist_id is None else str(dist_id)


def _convert(source: Path, target: Path, language: Language) -> int:
    told = _written(source, target)
    if told is None:
        return 0
    print(f"{source}: {told.text(language)}", file=sys.stderr)
    return 1


def _convert_many(pairs: Path, language: Language) -> int:
    """Write many files; one that cannot be understood is told and does not stop the others."""
    try:
        lines = pairs.read_text(encoding="utf-8").splitlines()
    except OSError as fault:
        raise BadRequest(f"{pairs}: {fault.strerror}") from fault
    failed = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        source, tab, target = line.partition("\t")
        if not tab:
            raise BadRequest(f"{pairs}, line {number}: expected IN, a tab, OUT")
        failed += _convert(Path(source), Path(target), language)
    return 1 if failed else 0


def _written(source: Path, target: Path) -> Told | None:
    """Write a file as plain CSV; give why it cannot be understood."""
    if not source.is_file():
        return tell(Message.FILE_NOT_FOUND)
    layout = read_layout(source)
    if isinstance(layout, Told):
        return layout
    write_plain_csv(source, layout, target)
    return None


def _words(found: Inspection | ZipInspection, language: Language) -> list[str]:
    if isinstance(found, Inspection):
        return _file_words(found, language)
    lines = [f"{found.name}: a ZIP of {len(found.files)} data files"]
    if found.refused is not None:
        lines.append(f"Refused: {found.refused.text(language)}")
    for file in found.files:
        lines += ["", *_file_words(file, language)]
    return lines


def _file_words(found: Inspection, language: Language) -> list[str]:
    layout, verdict = found.layout, found.verdict
    lines = [found.name]
    if layout is not None:
        quote = "none" if layout.dialect.quote is None else layout.dialect.quote
        escape = " (escaped by \\)" if layout.dialect.escape else ""
        lines += [
            f"Encoding: {layout.encoding}",
            f"Delimiter: {delimiter_name(layout.dialect.delimiter)}, quote: {quote}{escape}",
            f"Header: line {layout.header_line}, {len(layout.header)} columns"
            if layout.header_rows
            else "Header: none",
        ]
    lines.append(f"Table: {verdict.table.table_name if verdict.table else 'none'}")
    lines.append(f"Data rows: {verdict.rows:,}")
    lines += _mapping_words(found)
    lines += [f"Note: {note.text(language)}" for note in found.notes]
    if found.rows:
        lines += ["First rows as they would be loaded:", *_grid(found.rows)]
    if found.result is not None:
        result = found.result
        lines.append(
            f"All rows checked: {result.good:,} good, {result.rejected:,} rejected, {result.skipped:,} left out"
        )
        shown = result.rejects[:_SHOWN_REJECTS]
        lines += [f"  {reject.text(language)}" for reject in shown]
        if len(result.rejects) > len(shown):
            lines.append(f"  … and {len(result.rejects) - len(shown):,} more")
    told = verdict.told
    lines.append(
        "Verdict: valid" if told is None else f"Verdict: refused ({told.code.value}): {told.text(language)}"
    )
    return lines


def _mapping_words(found: Inspection) -> list[str]:
    answer = found.to_json()
    width = max((len(header) for header in answer["mapping"]), default=0)
    lines = [f"  {header:{width}} → {column}" for header, column in answer["mapping"].items()]
    if answer["ignored_columns"]:
        lines.append("Left out: " + ", ".join(name or "(no name)" for name in answer["ignored_columns"]))
    lines += [f"  '{header}': did you mean {column}?" for header, column in answer["suggested"].items()]
    return ["Columns:", *lines] if lines else []


def _grid(rows: Sequence[Any]) -> list[str]:
    """Rows under their columns' names, in columns."""
    names = list(rows[0])
    table = [
        names,
        *[
            ["NULL" if row[name] is None else str(row[name]).replace("\n", "⏎") for name in names]
            for row in rows
        ],
    ]
    widths = [min(max(len(row[column]) for row in table), 30) for column in range(len(names))]
    return [
        "  " + "  ".join(_cut(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _cut(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)
