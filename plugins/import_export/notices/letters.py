"""Puts facts into the templates of `templates/`: a subject, a text, and the same as HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from import_export.messages import Language
from import_export.notices.facts import Facts

FOLDER = Path(__file__).resolve().parent / "templates"
LONGEST_SUBJECT = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as it is handed to a notifier."""

    subject: str
    text: str
    html: str
    link: str


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        # What is filled in is one line, whatever it holds: a name must not pass for more than a name.
        finalize=lambda value: _one_line(value) if isinstance(value, str) else value,
        auto_reload=False,
    )


def write(facts: Facts, language: Language, link: str) -> Letter:
    """The message in words; `link` leads to the page that tells the rest, and asks for a login."""

    def made(suffix: str) -> str:
        template = _environment().get_template(f"{facts.kind.value}.{language}.{suffix}")
        values = {"facts": facts, "link": link, "number": lambda value: _grouped(value, language)}
        return template.render(values)

    # The first line of the text is the subject.
    lines = made("txt").split("\n")
    subject = lines[0].strip()
    if len(subject) > LONGEST_SUBJECT:
        subject = subject[: LONGEST_SUBJECT - 1] + "…"
    return Letter(subject=subject, text="\n".join(lines[1:]).strip() + "\n", html=made("html"), link=link)


def _one_line(text: str) -> str:
    return _CONTROLS.sub(" ", text)


def _grouped(value: int, language: Language) -> str:
    text = f"{value:,}"
    return text.replace(",", ".") if language == "id" else text
