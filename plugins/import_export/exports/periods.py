"""Periods: days of an account's time zone, the period before, and the moments (UTC) between which they lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from import_export.errors import BadRequest
from import_export.messages import Language

FRAMES = (7, 28, 60, 90)
"""The `date_frame`s: that many days back from the newest data."""
LONGEST_DAYS = 3660
"""No period is longer than ten years."""
EARLIEST, LATEST = date(2010, 1, 1), date(2100, 12, 31)
"""Instagram began in October 2010; later days are mistyped."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `start` to `end`, both of them in it; raises `BadRequest` when there is none."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise BadRequest(f"the period ends ({self.end}) before it begins ({self.start})")
        if not (self.start >= EARLIEST and self.end <= LATEST):
            raise BadRequest(f"the period must lie between {EARLIEST} and {LATEST}")
        if self.days > LONGEST_DAYS:
            raise BadRequest(f"the period has {self.days} days; at most {LONGEST_DAYS} are possible")

    @classmethod
    def back_from(cls, newest: date, frame: int) -> Period:
        """The last `frame` days up to the day of the newest data."""
        if frame not in FRAMES:
            raise BadRequest(f"date_frame {frame} is none of: {', '.join(map(str, FRAMES))}")
        return cls(newest - timedelta(days=frame - 1), newest)

    @property
    def days(self) -> int:
        """How many."""
        return (self.end - self.start).days + 1

    @property
    def before(self) -> Period:
        """The period before: as long, ending the day before `start`. Not checked against the earliest day."""
        return Period._unchecked(self.start - timedelta(days=self.days), self.start - timedelta(days=1))

    @property
    def with_before(self) -> Period:
        """Both together, for what is read at once. Not checked against the longest period."""
        return Period._unchecked(self.before.start, self.end)

    @classmethod
    def _unchecked(cls, start: date, end: date) -> Period:
        found = object.__new__(cls)
        object.__setattr__(found, "start", start)
        object.__setattr__(found, "end", end)
        return found

    def all_days(self) -> list[date]:
        """Each day, from the first."""
        return [self.start + timedelta(days=number) for number in range(self.days)]

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The first moment in the period and the first after it, in UTC without a zone, as the database keeps moments.

        A day is 23 or 25 hours long when the zone's clocks are changed.
        """
        return _midnight(self.start, zone), moment_after(self.end, zone)

    def label(self, language: Language) -> str:
        """As file names and covers say it: `18 Oktober 2022 - 24 Oktober 2022`."""
        return f"{day_label(self.start, language)} - {day_label(self.end, language)}"


def day_label(day: date, language: Language) -> str:
    """`18 Oktober 2022`, `18 October 2022`."""
    return format_date(day, "d MMMM y", locale=language)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day of the zone in which a moment of the database (UTC, without a zone) lies."""
    return local(moment, zone).date()


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment of the database in the zone's own time, without the zone; `fold` tells the second of two equal hours."""
    return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)


def moment_after(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after a day of the zone, in UTC without a zone."""
    return _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
