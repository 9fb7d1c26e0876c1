"""Which distributors a person may see and send for, as the setting `distributor_access` tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

_PATTERN = re.compile(r"^[\w.\-]*\*?[\w.\-]*$")
EVERYBODY = "*"
LONGEST_DIST_ID = 64
"""Characters of a distributor's id."""
ROLE = "role:"


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """The distributors of one user, of a role (`role:NAME`), or of everybody (`*`)."""

    who: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """The distributors of one person: ids and patterns (`02*`); None is all, and files without a distributor, too."""

    patterns: tuple[str, ...] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is kept from the person."""
        return self.patterns is None

    @property
    def only(self) -> str | None:
        """The one distributor that the person can only mean."""
        if self.patterns is not None and len(self.patterns) == 1 and "*" not in self.patterns[0]:
            return self.patterns[0]
        return None

    @property
    def regexp(self) -> str | None:
        """A regular expression for MySQL that fits just these distributors; None: all."""
        if self.patterns is None:
            return None
        # Case counts whatever the column's collation, and `*` and the end are meant as `sees` has them for line breaks.
        return (
            rf"(?s-i)^(?:{'|'.join(_as_regexp(each) for each in self.patterns)})\z"
            if self.patterns
            else "(?!)"
        )

    def sees(self, dist_id: str | None) -> bool:
        """Whether files of that distributor are the person's."""
        if self.patterns is None:
            return True
        return dist_id is not None and any(fnmatchcase(dist_id, pattern) for pattern in self.patterns)


def parse_rules(text: str) -> tuple[ScopeRule, ...]:
    """Read `agus = 0112 0113; role:Agency = 02*; * = *`; raise `ValueError` that tells what is wrong."""
    rules = []
    for part in (part.strip() for part in text.split(";") if part.strip()):
        who, equals, listed = (each.strip() for each in part.partition("="))
        patterns = tuple(listed.replace(",", " ").split())
        if not equals or not who:
            raise ValueError(f"'{part}' is not like: agus = 0112 0113; role:Agency = 02*")
        for pattern in patterns:
            if not _PATTERN.match(pattern):
                raise ValueError(f"'{pattern}' is neither a distributor nor a pattern such as 02*")
        rules.append(ScopeRule(who, patterns))
    return tuple(rules)


def scope_of(rules: Sequence[ScopeRule], user: str, roles: Iterable[str]) -> Scope:
    """A person's distributors: all when there are no rules; by rules, those of name and roles, else those of `*`."""
    if not rules:
        return Scope()
    # Nobody has a role because of being called like one.
    names = {ROLE + role for role in roles} | ({user} if not user.startswith(ROLE) else set())
    of_person = [rule for rule in rules if rule.who in names]
    chosen = of_person or [rule for rule in rules if rule.who == EVERYBODY]
    patterns = tuple(dict.fromkeys(pattern for rule in chosen for pattern in rule.patterns))
    return Scope(None if "*" in patterns else patterns)


def _as_regexp(pattern: str) -> str:
    return pattern.replace(".", "[.]").replace("*", ".*")
