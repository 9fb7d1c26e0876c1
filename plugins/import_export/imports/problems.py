"""What is wrong with a file or a row, as values; nothing here is ever raised."""

from __future__ import annotations

from dataclasses import dataclass

from import_export.messages import Language, Told


@dataclass(frozen=True, slots=True)
class Reject:
    """One problem of one row. A row with several problems has several of these."""

    line: int
    """Physical line of the file on which the row begins, from 1, as an editor shows it."""
    header: str | None
    """The file's header of the column, None where the row as a whole is wrong."""
    column: str | None
    """The table's name of the column."""
    value: str | None
    """The cell as it was."""
    told: Told

    def text(self, language: Language = "en") -> str:
        """The problem in words, with its line."""
        word = "Baris" if language == "id" else "Line"
        return f"{word} {self.line}: {self.told.text(language)}"
