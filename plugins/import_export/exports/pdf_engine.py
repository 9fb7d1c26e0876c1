"""Runs Typst: data in, PDF out. Fonts come from this package only, so that the bytes are the same everywhere.

As a program (`python -P pdf_engine.py TIMESTAMP < data.json > report.pdf`) it makes one report; it then needs nothing
of this package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import typst

FONTS = Path(__file__).parent / "fonts"
TEMPLATES = Path(__file__).parent / "typst"


class _State:
    """What this process has done."""

    used = False
    """Typst's own threads run."""
    forked = False
    """They ran in the process from which this one was forked: they do not exist here, and Typst would wait for them."""


def _after_fork() -> None:
    _State.forked = _State.forked or _State.used


os.register_at_fork(after_in_child=_after_fork)


def typeset(data: str, timestamp: int) -> bytes:
    """A PDF/UA-1 document of `data`, the JSON that the templates read; `timestamp` (Unix seconds) is when it was made.

    Threads may call it at once. Raises `typst.TypstError` when the templates cannot be set with that.
    """
    if _State.forked:
        return _in_a_new_process(data, timestamp)
    _State.used = True
    # One each time: a compiler serves one thread only. What Typst remembers is shared by all of them anyway.
    compiler = typst.Compiler(
        TEMPLATES / "report.typ", root=TEMPLATES, font_paths=_fonts(), ignore_system_fonts=True
    )
    made = compiler.compile(
        format="pdf", sys_inputs={"data": data}, pdf_standards="ua-1", timestamp=timestamp
    )
    _forget()
    if not isinstance(made, bytes):
        raise TypeError(f"Typst made {type(made)}")
    return made


def _forget() -> None:
    """Typst remembers what it made in its last ten documents: 300 MB of reports that nobody asks for again.

    Empty documents count, too, and take some milliseconds. The templates and fonts are in every report and stay known.
    """
    for _ in range(4):
        typst.Compiler(b"", font_paths=_fonts(), ignore_system_fonts=True).compile(format="pdf")


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _in_a_new_process(data: str, timestamp: int) -> bytes:
    command = [sys.executable, "-P", __file__, str(timestamp)]
    return subprocess.run(command, input=data.encode(), stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    sys.stdout.buffer.write(typeset(sys.stdin.buffer.read().decode(), int(sys.argv[1])))
