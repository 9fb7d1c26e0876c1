"""How the PDF writes numbers, and what its charts are made of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from import_export.exports.contents import Kind
from import_export.exports.pdf_audience import best_hours
from import_export.exports.pdf_charts import chart, day_ticks, nice_range
from import_export.exports.pdf_numbers import change, clock, count, day, mean, percent, weekdays
from import_export.exports.pdf_words import ABOUT, PAGES, RANKINGS, WORDS
from import_export.exports.report import Change
from import_export.messages import Language

DAYS = [date(2022, 10, 1) + timedelta(number) for number in range(28)]


@pytest.mark.parametrize(
    ("value", "indonesian", "english"),
    [(None, "–", "–"), (0, "0", "0"), (1234567, "1.234.567", "1,234,567"), (-5, "−5", "−5")],
)
def test_counts(value: int | None, indonesian: str, english: str) -> None:
    assert (count(value, "id"), count(value, "en")) == (indonesian, english)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "–"), (33.45, "33,5"), (36.0, "36,0"), (6056.59, "6.057"), (0.0, "0,0")]
)
def test_means_have_a_decimal_below_100(value: float | None, expected: str) -> None:
    assert mean(value, "id") == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(2.4549, "2,45%"), (0.0333, "0,0333%"), (0.0, "0,00%"), (1203.5, "1.203,50%")]
)
def test_rates_have_two_decimals_or_four_when_tiny(value: float, expected: str) -> None:
    assert percent(value, "id") == expected


@pytest.mark.parametrize(
    ("values", "kind", "text", "way"),
    [
        (Change(53_132, 50_308), Kind.COUNT, "+2.824", "up"),
        (Change(6056.59, 6081.43), Kind.MEAN, "−25", "down"),
        (Change(33.4, 41.6), Kind.MEAN, "−8,2", "down"),
        (Change(3.99, 4.55), Kind.RATE, "−0,56 poin", "down"),
        (Change(1.001, 1.0), Kind.RATE, "0,00 poin", "flat"),
        (Change(None, 1), Kind.COUNT, "", "none"),
        (Change(1, None), Kind.COUNT, "", "none"),
    ],
)
def test_changes_have_a_sign_and_the_decimals_of_their_number(
    values: Change, kind: Kind, text: str, way: str
) -> None:
    assert change(values, kind, "id") == {"text": text, "way": way}


def test_days_and_hours_are_written_as_in_each_language() -> None:
    assert (day(DAYS[0], "id", "EEEE, d MMMM"), day(DAYS[0], "en")) == ("Sabtu, 1 Oktober", "1 Oct 2022")
    assert (clock(9, 5, "id"), clock(9, 5, "en")) == ("09.05", "09:05")
    assert (weekdays("id")[0], weekdays("en")[6]) == ("Sen", "Sun")


@pytest.mark.parametrize("texts", [WORDS, PAGES, ABOUT, RANKINGS])
def test_every_word_is_there_in_both_languages(texts: dict[object, dict[Language, str]]) -> None:
    assert all(set(each) == {"id", "en"} and all(each.values()) for each in texts.values())


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(3, 87, (0, 100, 25)), (0, 0, (0, 4, 1)), (-3, 9, (-5, 10, 5)), (0, 10**9, (0, 10**9, 2.5e8))],
)
def test_axes_have_round_numbers(low: float, high: float, expected: tuple[float, float, float]) -> None:
    assert nice_range(low, high) == expected


def test_an_unknown_day_is_a_gap_in_a_line_and_no_bar() -> None:
    values = [1, 2, None, 4, *[5] * 24]
    line = chart(DAYS, values, [], "id")
    assert [len(run) for run in line["lines"]] == [2, 25]  # type: ignore[attr-defined]
    bars = chart(DAYS, values, [], "id", bars=True)
    assert len(bars["bars"]) == 27  # type: ignore[arg-type]


def test_all_points_of_a_chart_lie_within_it() -> None:
    found = chart(
        DAYS, [number * 7.5 - 20 for number in range(28)], [300.0] * 28, "en", rate=True, average=3.0
    )
    points = [point for run in (*found["lines"], *found["before"]) for point in run]  # type: ignore[misc]
    assert len(points) == 56
    assert all(0 <= part <= 1 for point in points for part in point)
    ticks = [each["text"] for each in found["y"]]  # type: ignore[attr-defined]
    assert ticks == ["−100%", "0%", "100%", "200%", "300%"]


@pytest.mark.parametrize("length", [1, 7, 28, 60, 90, 101, 365, 1826, 3660])
def test_a_handful_of_days_has_a_label(length: int) -> None:
    labels = [
        text
        for _, text in day_ticks([date(2015, 3, 4) + timedelta(number) for number in range(length)], "id")
    ]
    assert 1 <= len(labels) <= 9
    assert len(set(labels)) == len(labels)


def test_the_best_hours_are_windows_on_different_days() -> None:
    quiet: list[float | None] = [1.0] * 24
    evening, gap = [*quiet], [*quiet]
    evening[19:21] = [9.0, 8.0]
    gap[3] = None
    online = [quiet, evening, gap, quiet, quiet, quiet, [None] * 24]
    assert best_hours(online)[0] == (1, 19)
    assert len({weekday for weekday, _ in best_hours(online)}) == 3
    assert best_hours([]) == []
