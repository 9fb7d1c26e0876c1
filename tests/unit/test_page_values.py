"""What the pages show, without a browser."""

from datetime import datetime
from string import Formatter

from import_export.imports.jobs import ArchiveState, Counts, ImportJob, JobStatus
from import_export.web.batch_pages import FILES_SHOWN, _first_files
from import_export.web.rendering import grouped, readable_size, with_query
from import_export.web.words import WORDS


def job(number: int, status: JobStatus = JobStatus.COMPLETE, rejected: int = 0) -> ImportJob:
    return ImportJob(
        id=number,
        batch_id="b",
        slot=f"file:{number:04d}",
        filename=f"{number}.csv",
        stored_name=f"{number:04d}.csv",
        size=1,
        sha256=None,
        table_name="stocks",
        status=status,
        message=None,
        counts=Counts(rejected=rejected),
        errors=(),
        summary=None,
        notes=(),
        ignored_columns=(),
        attempts=1,
        worker=None,
        archive_state=ArchiveState.NONE,
        archive_file_id=None,
        archive_url=None,
        archive_error=None,
        created_at=datetime(2026, 3, 1),
        finished_at=None,
    )


def test_few_files_are_shown_in_their_own_order() -> None:
    files = [job(1), job(2, JobStatus.INVALID)]
    assert _first_files(files) == files


def test_of_very_many_files_those_in_trouble_are_shown_first() -> None:
    files = [job(number) for number in range(1, 901)]
    files[500], files[700], files[800] = (
        job(501, rejected=2),
        job(701, JobStatus.INVALID),
        job(801, JobStatus.FAILED),
    )
    shown = _first_files(files)
    assert [each.id for each in shown[:4]] == [701, 801, 501, 1]
    assert len(shown) == FILES_SHOWN


def test_every_word_has_the_same_values_in_both_languages() -> None:
    for key, texts in WORDS.items():
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts]
        assert names[0] == names[1], key
        assert all(text.strip() for text in texts), key


def test_numbers_sizes_and_links_are_written_for_people() -> None:
    assert (grouped(1234567, "en"), grouped(1234567, "id"), grouped(None, "en")) == (
        "1,234,567",
        "1.234.567",
        "0",
    )
    assert [readable_size(size) for size in (0, 999, 1500, 2_000_000_000)] == [
        "0 B",
        "999 B",
        "1.5 kB",
        "2.0 GB",
    ]
    assert with_query("/x", {"a": "ö&", "b": "", "c": None, "d": 2}) == "/x?a=%C3%B6%26&d=2"
