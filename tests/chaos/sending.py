"""What distributors send: files alone or in a ZIP, made from a seed; every tenth sending comes once more."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.database.flow import STOCKS_HEADER
from tests.database.striking import SALES_HEADER

COLUMNS = {"stocks": "sku", "sales": "dono"}
"""The tables into which files go, and by which column a file's rows are known."""
_IN_A_ZIP = 10
_SIZES = (20, 200, 2000, 30_000)
"""Rows; the small ones are sent as one statement, the large ones by LOAD DATA."""


@dataclass(frozen=True, slots=True)
class File:
    """One data file, whose rows nobody else has."""

    name: str
    table: str
    prefix: str
    """What the values of its table's column in `COLUMNS` begin with, up to a dash."""
    rows: int
    rejected: int
    text: str


@dataclass(frozen=True, slots=True)
class Sending:
    """What is dropped at once."""

    name: str
    folder: str
    """The distributor's, or none: then it is a batch of its own."""
    octets: bytes
    files: tuple[File, ...]
    is_again: bool = False


@dataclass
class Sender:
    """Makes sendings one after the other, and drops them. The same seed makes the same ones."""

    chance: random.Random
    drop_folder: Path
    sent: list[Sending] = field(default_factory=list)
    later: list[tuple[int, Sending]] = field(default_factory=list)
    """What comes once more, and before which sending."""
    files: int = 0

    def send(self) -> Sending:
        """Drop the next one."""
        due = next((entry for entry in self.later if entry[0] <= len(self.sent)), None)
        if due is not None:
            self.later.remove(due)
            sending = due[1]
        else:
            sending = self._new()
        self.drop(sending)
        return sending

    def drop(self, sending: Sending) -> None:
        """As a well-behaved sender does: under another name first."""
        folder = self.drop_folder / sending.folder
        folder.mkdir(exist_ok=True)
        part = folder / f"{sending.name}.part"
        part.write_bytes(sending.octets)
        part.rename(folder / sending.name)
        self.sent.append(sending)
        self.files += len(sending.files)

    def _new(self) -> Sending:
        number = len(self.sent)
        distributor = f"01{self.chance.randrange(20):02d}"
        folder = self.chance.choice((distributor, ""))
        if self.chance.random() < 0.4:
            [file] = self._made(number, distributor, 1)
            sending = Sending(file.name, folder, file.text.encode(), (file,))
        else:
            files = tuple(self._made(number, distributor, _IN_A_ZIP))
            octets = io.BytesIO()
            with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    # With a time of its own it would be other bytes each time.
                    archive.writestr(zipfile.ZipInfo(file.name), file.text)
            sending = Sending(f"kiriman_{number:04d}.zip", folder, octets.getvalue(), files)
        if self.chance.random() < 0.1:
            stem, _, kind = sending.name.rpartition(".")
            again = replace(sending, name=f"{stem}_again.{kind}", is_again=True)
            # Some while the first is being loaded, some when it is long over.
            self.later.append((number + self.chance.choice((1, 1, 2, 8)), again))
        return sending

    def _made(self, number: int, distributor: str, count: int) -> Iterator[File]:
        for place in range(count):
            table = self.chance.choice(list(COLUMNS))
            rows = self.chance.choice(_SIZES)
            prefix = f"C{number:04d}F{place}"
            if table == "stocks":
                yield File(f"stocks_{prefix}.csv", table, prefix, rows, 0, stocks(prefix, rows))
            else:
                yield File(f"sales_{prefix}.csv", table, prefix, rows, 1, _sales(distributor, prefix, rows))


def stocks(prefix: str, rows: int) -> str:
    """A file of stocks, with keys that nobody else has."""
    lines = [f"{prefix}-{row};GUDANG UTAMA;{row};01/03/2026\n" for row in range(rows)]
    return STOCKS_HEADER + "".join(lines)


def _sales(distributor: str, prefix: str, rows: int) -> str:
    """With one row, the last, whose date is none."""
    lines = [f"{distributor};{prefix}-{row};02/03/2026;T1;B1;3;3.001,50\n" for row in range(rows)]
    return f"{SALES_HEADER}{''.join(lines)}{distributor};{prefix}-X;31/02/2026;T1;B1;3;3.001,50\n"
