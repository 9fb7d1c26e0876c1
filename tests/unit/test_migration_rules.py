"""Migrations only add: what runs with the release before goes on while they are applied, and after."""

import re
from pathlib import Path

import pytest
import sqlparse

from import_export.stores.migrations import OURS, STATISTICS, statements_of

FILES = sorted([*OURS.glob("*.sql"), *STATISTICS.glob("*.sql")])
KINDS = r"CREATE TABLE (?!IF )|ALTER TABLE |INSERT INTO |UPDATE "
"""What is known to be resumed rightly after a kill; see stores/migrations.py."""
BREAKS = {
    r"\bDROP\b": "the release before still reads it",
    r"\bRENAME\b|\bCHANGE\b": "the release before knows the old name only",
    r"\bMODIFY\b|\bALTER COLUMN\b": "what the release before writes may not fit any more",
    r"\bADD COLUMN \w+ (?!.*\b(NULL DEFAULT|DEFAULT|GENERATED)\b).*\bNOT NULL\b": "the release before does not fill it",
    r"\bADD (CONSTRAINT \w+ )?UNIQUE\b": "the release before may write such rows",
    r"\bSET FOREIGN_KEY_CHECKS\b": "it hides what does not fit",
}


def broken_rules(statement: str) -> list[str]:
    """Why a statement must not be in a migration."""
    plain = sqlparse.format(statement, strip_comments=True).strip()
    found = [] if re.match(KINDS, plain) else ["not of a kind that is resumed after a kill"]
    if plain.startswith("ALTER"):
        found += [why for pattern, why in BREAKS.items() if re.search(pattern, plain)]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_statement_only_adds(file: Path) -> None:
    statements = statements_of(file)
    assert statements
    assert [(each, broken_rules(each)) for each in statements if broken_rules(each)] == []


def test_no_two_files_have_the_same_number() -> None:
    for folder in (OURS, STATISTICS):
        numbers = [file.name.partition("_")[0] for file in folder.glob("*.sql")]
        assert len(numbers) == len(set(numbers))
        assert all(re.fullmatch(r"\d{4}", number) for number in numbers)


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("ALTER TABLE import_jobs ADD COLUMN host VARCHAR(255) NULL", True),
        ("ALTER TABLE import_jobs ADD COLUMN host VARCHAR(255) NOT NULL DEFAULT ''", True),
        ("ALTER TABLE import_jobs\nADD COLUMN a INT NULL,\nADD COLUMN host VARCHAR(255) NOT NULL", False),
        ("ALTER TABLE import_jobs DROP COLUMN worker", False),
        ("ALTER TABLE import_jobs RENAME COLUMN worker TO host", False),
        ("ALTER TABLE import_jobs CHANGE worker host VARCHAR(255)", False),
        ("ALTER TABLE import_jobs MODIFY worker VARCHAR(10) NOT NULL", False),
        ("ALTER TABLE import_jobs ADD CONSTRAINT uq UNIQUE (worker)", False),
        ("CREATE TABLE IF NOT EXISTS things (id INT)", False),
        ("CREATE TABLE things (id INT NOT NULL, UNIQUE (id))", True),
        ("DROP TABLE things", False),
        ("-- Told.\nUPDATE import_jobs SET worker = NULL", True),
    ],
)
def test_the_rules_themselves(statement: str, allowed: bool) -> None:
    assert (broken_rules(statement) == []) is allowed
