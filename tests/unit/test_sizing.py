"""The arithmetic of docs/sizing.md."""

import pytest

from devtools.local import REPOSITORY
from devtools.sizing import EXAMPLES, Night, figures, table
from import_export.stores import pool


def needs(**night: float) -> dict[str, str]:
    return dict(figures(Night(**night)))  # type: ignore[arg-type]


def test_the_page_shows_what_the_script_tells() -> None:
    assert table(EXAMPLES) in (REPOSITORY / "docs" / "sizing.md").read_text()


def test_a_night_of_a_thousand_distributors_is_two_billion_rows() -> None:
    found = needs()
    assert found["rows"] == "2,000,000,000"
    assert found["rows a second, all night"] == "69,444"


@pytest.mark.parametrize(("hours", "slots"), [(8.0, "3"), (4.0, "6"), (2.0, "11")])
def test_half_the_time_needs_twice_the_lanes(hours: float, slots: str) -> None:
    assert needs(hours=hours)["`import_load` slots"] == slots


def test_lanes_beyond_a_workers_tasks_need_another_worker() -> None:
    assert needs(hours=2.0)["workers"] == "3 × 4 tasks"


def test_small_files_cost_what_files_cost_and_not_what_rows_do() -> None:
    assert needs(distributors=18_000, rows=1)["hours of two cores"] == "1.4"


def test_an_import_of_many_lanes_costs_the_scheduler_a_task_for_each_step_of_each() -> None:
    assert needs(lanes=1)["tasks of Airflow"].startswith("6,000 ")
    assert needs(lanes=4)["tasks of Airflow"].startswith("15,000 ")


def test_keys_that_fit_the_buffer_pool_are_not_read_from_the_disk() -> None:
    assert needs(distributors=10, kept_nights=1)["reads of keys' pages"] == "0 a second at worst"


def test_connections_are_reckoned_as_they_are_bounded() -> None:
    assert needs()["connections to MySQL"] == f"at most {4 * 2 + 2 * pool.MOST}"
