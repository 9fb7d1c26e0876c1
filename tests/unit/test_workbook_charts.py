"""The charts of workbooks: native ones, with what they draw, and none that would be empty."""

import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest

from import_export.exports.contents import Content
from tests.sample_contents import LAST_DAY, believable, workbook
from tests.sample_rows import rows_of

DAY = date(2022, 10, 24)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety believable days, all contents."""
    return workbook(tmp_path_factory.mktemp("charts") / "made.xlsx", *believable())


def charts_in(path: Path) -> list[int]:
    """How many each sheet has."""
    return [len(sheet._charts) for sheet in openpyxl.load_workbook(path).worksheets]


def test_charts_are_native_and_carry_what_they_draw(path: Path) -> None:
    assert charts_in(path) == [4, 0, 1, 1, 0, 1, 0]
    with zipfile.ZipFile(path) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name]
    assert len(charts) == 7
    for chart in charts:
        # Else previews, which do not compute, show empty charts.
        assert "<c:pt " in chart.split("<c:val>")[1]
        assert "<c:pt " in chart.split("<c:cat>")[1].split("</c:cat>")[0]


def test_a_chart_shows_all_days_and_the_top_ten_places(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        charts = [archive.read(f"xl/charts/chart{number}.xml").decode() for number in range(1, 8)]
    assert all("$A$2:$A$89" in chart and "<c:dateAx>" in chart for chart in charts[:4])
    assert "$A$2:$A$11" in charts[4]
    assert "<c:v>Jakarta </c:v>" in charts[4]
    assert "$B$2:$B$11" in charts[5]
    assert charts[6].count("<c:ser>") == 3


@pytest.mark.parametrize("span", [1, 2, 7, 28, 366, 3660])
def test_no_chart_names_more_days_than_have_room(span: int, tmp_path: Path) -> None:
    days = [LAST_DAY - timedelta(days=back) for back in range(span)]
    path = workbook(tmp_path / "x.xlsx", rows_of(Content.PROFILE, [[day, 5] for day in days]))
    with zipfile.ZipFile(path) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    unit = int(chart.split('<c:majorUnit val="')[1].split('"')[0])
    assert 1 <= span / unit <= 10
    assert ("mm-yyyy" in chart) == (span >= 366)


def test_a_chart_of_which_nothing_is_known_is_left_out(tmp_path: Path) -> None:
    rows = rows_of(Content.PROFILE, [[DAY, 100, None, None, 0.5], [DAY - timedelta(days=1), 99]])
    assert charts_in(workbook(tmp_path / "x.xlsx", rows)) == [2]


@pytest.mark.parametrize(
    ("content", "record"),
    [
        (Content.AGE, ["18-24", None, None, None, 7, 100.0]),
        (Content.CITY, ["Jakarta", "Jakarta", None, None]),
    ],
)
def test_a_chart_whose_numbers_are_missing_is_left_out(
    content: Content, record: Sequence[Any], tmp_path: Path
) -> None:
    assert charts_in(workbook(tmp_path / "x.xlsx", rows_of(content, [record, record]))) == [0]


def test_charts_bear_names_that_look_like_numbers_or_hold_what_xml_forbids(tmp_path: Path) -> None:
    rows = rows_of(
        Content.CITY, [["nan", "x", 5, 50.0], ["1\x07\ufffe2<&", None, 5, 50.0], ["", "x", 1, 1.0]]
    )
    path = workbook(tmp_path / "x.xlsx", rows)
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("xl/charts/chart1.xml"))
    chart = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
    [cache] = root.iter(f"{chart}strCache")
    assert [value.text for value in cache.iter(f"{chart}v")] == ["nan ", "12<& ", " "]
    assert charts_in(path) == [1]
