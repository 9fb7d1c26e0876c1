"""Uploads are streamed to disk byte by byte as they were sent; what ends one early leaves nothing behind."""

import asyncio
import hashlib
import itertools
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from import_export.api import upload_form, upload_names, uploads
from import_export.api.upload_form import PayloadTooLarge, Upload, UploadedFile, UploadLimits
from import_export.api.uploads import receive_upload
from import_export.errors import BadRequest
from import_export.imports.names import is_junk

LIMITS = UploadLimits(max_bytes=1 << 30, max_files=100)
BOUNDARY = b"XxBoundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
URLENCODED = "application/x-www-form-urlencoded"
RFC_5987 = b"form-data; name=f; filename=\"x.csv\"; filename*=UTF-8''m%C3%A4rz.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "batches" / "b1"


def part(disposition: bytes, content: bytes = b"a;b\n", *headers: bytes) -> bytes:
    lines = (b"Content-Disposition: " + disposition, *headers, b"", content)
    return b"--" + BOUNDARY + b"\r\n" + b"\r\n".join(lines) + b"\r\n"


def file(name: bytes, content: bytes = b"a;b\n") -> bytes:
    return part(b'form-data; name="files"; filename="' + name + b'"', content)


def field(name: bytes, value: bytes) -> bytes:
    return part(b'form-data; name="' + name + b'"', value)


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def asked(
    messages: Iterable[dict[str, Any]], kind: str | None, headers: Sequence[tuple[str, str]] = ()
) -> Request:
    """A request whose body comes in these messages; after them the client is silent for ever."""
    given = iter(messages)

    async def receive() -> dict[str, Any]:
        for message in given:
            return message
        await asyncio.sleep(3600)
        raise AssertionError

    sent = [("content-type", kind), *headers] if kind else headers
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


def pieces(chunks: Iterable[bytes], *, complete: bool = True) -> Iterable[dict[str, Any]]:
    for chunk in chunks:
        yield {"type": "http.request", "body": chunk, "more_body": True}
    if complete:
        yield {"type": "http.request", "body": b"", "more_body": False}


def received(
    body: bytes | Iterable[bytes],
    folder: Path,
    limits: UploadLimits = LIMITS,
    kind: str | None = MULTIPART,
    headers: Sequence[tuple[str, str]] = (),
) -> Upload:
    chunks = [body] if isinstance(body, bytes) else body
    return asyncio.run(receive_upload(asked(pieces(chunks), kind, headers), folder, limits))


def stored(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def app(folder: Path, limits: UploadLimits = LIMITS) -> Starlette:
    async def upload(request: Request) -> Response:
        taken = await receive_upload(request, folder, limits)
        facts = [(file.name, file.size, file.sha256) for file in taken.files]
        return JSONResponse({"fields": dict(taken.fields), "files": facts})

    async def refused(_: Request, fault: Exception) -> Response:
        assert isinstance(fault, BadRequest)
        return JSONResponse({"detail": str(fault)}, fault.http_status)

    return Starlette(routes=[Route("/", upload, methods=["POST"])], exception_handlers={BadRequest: refused})


def posted(app: Starlette, **request: Any) -> httpx.Response:
    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.post("/", **request)

    return asyncio.run(post())


# What is taken


def test_files_and_fields_of_a_client(folder: Path) -> None:
    answer = posted(
        app(folder),
        data={"mode": "Gültig", "table_name": "auto"},
        files=[("files", ("ümlaut.csv", b"1;2\n")), ("file", ("b.zip", b"PK\r\n\0"))],
    )
    assert answer.json() == {
        "fields": {"mode": "Gültig", "table_name": "auto"},
        "files": [
            ["ümlaut.csv", 4, hashlib.sha256(b"1;2\n").hexdigest()],
            ["b.zip", 5, hashlib.sha256(b"PK\r\n\0").hexdigest()],
        ],
    }
    assert stored(folder) == {"ümlaut.csv": b"1;2\n", "b.zip": b"PK\r\n\0"}


def test_a_form_without_files(folder: Path) -> None:
    answer = posted(app(folder), data={"mode": "a+b & ü", "force": ""})
    assert answer.json() == {"fields": {"mode": "a+b & ü", "force": ""}, "files": []}
    assert stored(folder) == {}


@pytest.mark.parametrize("kind", [None, MULTIPART, URLENCODED])
def test_a_body_of_nothing(folder: Path, kind: str | None) -> None:
    assert received(b"", folder, kind=kind) == Upload({}, ())
    assert folder.is_dir()


def test_a_body_that_does_not_say_what_it_is(folder: Path) -> None:
    assert received(b"a;b\n", folder, kind=None) == Upload({}, ())


def test_a_form_of_nothing(folder: Path) -> None:
    assert received(form(), folder) == Upload({}, ())


def test_of_fields_with_one_name_the_last_counts(folder: Path) -> None:
    assert received(form(field(b"mode", b"1"), field(b"mode", b"2")), folder).fields == {"mode": "2"}
    assert received(b"mode=1&&mode=2&x", folder / "u", kind=URLENCODED).fields == {"mode": "2", "x": ""}


def test_fields_in_windows_1252(folder: Path) -> None:
    assert received(form(field(b"name", b"M\xfcller")), folder).fields == {"name": "Müller"}


def test_an_empty_file_input_is_none_but_an_empty_file_is_one(folder: Path) -> None:
    upload = received(form(file(b"", b""), file(b"a.csv", b"")), folder)
    assert upload.files == (UploadedFile("a.csv", folder / "a.csv", 0, hashlib.sha256().hexdigest()),)
    assert stored(folder) == {"a.csv": b""}


def test_a_file_without_the_field_s_name(folder: Path) -> None:
    assert received(form(part(b'form-data; filename="a.csv"')), folder).files[0].name == "a.csv"


def test_what_follows_the_closing_boundary_is_left_out(folder: Path) -> None:
    received(b"\r\n" + form(file(b"a.csv", b"1")) + b"the end\r\n--" + BOUNDARY, folder)
    assert stored(folder) == {"a.csv": b"1"}


def test_files_are_written_by_other_threads_in_large_pieces(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[tuple[int, int]] = []
    write = upload_form._File.write

    def watched(self: upload_form._File, octets: memoryview) -> None:
        writes.append((threading.get_ident(), len(octets)))
        write(self, octets)

    monkeypatch.setattr(upload_form._File, "write", watched)
    body = form(file(b"a.csv", os.urandom(3_000_000)))
    received([body[at : at + 65_536] for at in range(0, len(body), 65_536)], folder)
    assert threading.get_ident() not in {thread for thread, _ in writes}
    assert len([size for _, size in writes if size > 1000]) <= 4


# Names


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (rb"C:\Users\me\a.csv", "a.csv"),
        (rb"C:\\Users\\a.csv", "a.csv"),
        (b"../../etc/a.csv", "a.csv"),
        (b"dir/a.csv", "a.csv"),
        (b"/etc/passwd", "passwd"),
        (b"dir/a.csv/", "a.csv"),
        (rb"..\a.csv", "a.csv"),
        (rb"a.csv\\", "a.csv"),
        (b".", "unnamed"),
        (b"..", "unnamed"),
        (b"../..", "unnamed"),
        (b"...", "unnamed"),
        (b"/", "unnamed"),
        (b" ", "unnamed"),
        (b"", "unnamed"),
        (b".csv", "_.csv"),
        (b".hidden.csv", "_.hidden.csv"),
        (b"__MACOSX", "___MACOSX"),
        (b"m\xc3\xa4rz.csv", "märz.csv"),
        (b"m\xe4rz.csv", "märz.csv"),
        (b"a\0b\nc.csv", "a_b_c.csv"),
        (b"a%0D%0Ab.csv", "a__b.csv"),
        ("a\u202egpj.csv".encode(), "a_gpj.csv"),
        (b"%22a%22.csv", '"a".csv'),
        (rb"\"a\".csv", '"a".csv'),
        (b'say "a" twice.csv', 'say "a" twice.csv'),
        (b"50%25 off; 100%.csv", "50%25 off; 100%.csv"),
        (b"a; filename=b.csv", "a; filename=b.csv"),
        (b"2", "2"),
        (b"x" * 300 + b".csv", "…" + "x" * 248 + ".csv"),
        ("ü".encode() * 200 + b".csv", "…" + "ü" * 124 + ".csv"),
        (b"x" * 5000 + b".csv", "…" + "x" * 248 + ".csv"),
    ],
)
def test_names(folder: Path, told: bytes, name: str) -> None:
    upload = received(form(file(told, b"1")), folder)
    assert [(file.name, file.path) for file in upload.files] == [(name, folder / name)]
    assert stored(folder) == {name: b"1"}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (RFC_5987, "märz.csv"),
        (b"form-data; filename*=utf-8'en'a%2Fb%22.csv; name=f", 'b".csv'),
        (b"form-data; name=f; filename*=broken; filename=a.csv", "a.csv"),
        (b"Form-Data;name=f;FileName=a b.csv", "a b.csv"),
        (b'form-data; filename="a.csv" ; name="f"', "a.csv"),
        (b'form-data; name="f"; filename="a.csv', "a.csv"),
        (rb'form-data; name="f"; filename="C:\a.csv\"', "a.csv"),
    ],
)
def test_ways_to_tell_a_name(folder: Path, disposition: bytes, name: str) -> None:
    assert [file.name for file in received(form(part(disposition)), folder).files] == [name]


@pytest.mark.parametrize("bit", [b';a="\\', b';a="\\"', b';a="', b'"  ', b";a  "])
def test_a_hostile_header_costs_no_time(bit: bytes) -> None:
    begun = time.perf_counter()
    upload_names.disposition_parameters(b'form-data; name="' + bit * 1500)
    assert time.perf_counter() - begun < 0.05


def test_namesakes_lie_beside_each_other(folder: Path) -> None:
    names = (b"a.csv", b"A.CSV", b"b.csv", b"x/a.csv", b"b.csv")
    upload = received(form(*(file(name, b"%d" % at) for at, name in enumerate(names))), folder)
    assert stored(folder) == {"a.csv": b"0", "2/A.CSV": b"1", "b.csv": b"2", "3/a.csv": b"3", "2/b.csv": b"4"}
    assert [file.name for file in upload.files] == ["a.csv", "A.CSV", "b.csv", "a.csv", "b.csv"]


def test_files_whose_names_are_numbers_are_in_nobody_s_way(folder: Path) -> None:
    names = (b"2", b"a", b"a", b"3", b"3", b"4", b"2")
    received(form(*(file(name, b"%d" % at) for at, name in enumerate(names))), folder)
    assert sorted(stored(folder).values()) == [b"%d" % at for at in range(len(names))]
    assert stored(folder)["3/a"] == b"2"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"2", b"2/3", b"a", b"A", b"3"]), max_size=8))
def test_any_names_lose_nothing_and_stay_inside(names: list[bytes]) -> None:
    # A header ends at CR LF; what is in the name beyond that is no name any more.
    names = [name.replace(b"\r", b"").replace(b'"', b"%22").strip(b" \\") or b"-" for name in names]
    with TemporaryDirectory() as place:
        folder = Path(place) / "upload"
        upload = received(form(*(file(name, b"%d" % at) for at, name in enumerate(names))), folder)
        assert [file.path.read_bytes() for file in upload.files] == [b"%d" % at for at in range(len(names))]
        assert len(stored(folder)) == len(names)
        assert os.listdir(place) == ["upload"]  # noqa: PTH208
        for each in upload.files:
            assert each.path.name == each.name
            assert not is_junk(each.path.relative_to(folder).as_posix())


# Contents


def tricky_contents() -> st.SearchStrategy[bytes]:
    """Bytes that hold much that looks like a boundary, but none."""
    nearly = st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"-", b"--", b"--XxBound", b"XxBoundary", b"--XxBoundary", b"--XxBoundary--"]
    )
    bits = st.lists(st.binary(max_size=20) | nearly, max_size=12).map(b"".join)
    return bits.filter(lambda content: b"\r\n--" + BOUNDARY not in content)


@settings(max_examples=400, deadline=None)
@given(
    contents=st.lists(tricky_contents(), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 1500), max_size=30),
    block=st.sampled_from([1, 7, 64, 1 << 20]),
)
@example(contents=[b"\r\n--XxBoundar", b"\r\n--XxBoundar\r\n-"], cuts=list(range(400)), block=1)
def test_however_the_body_is_cut_the_bytes_are_the_same(
    contents: list[bytes], cuts: list[int], block: int
) -> None:
    body = form(field(b"mode", contents[0]), *(file(b"a.csv", content) for content in contents))
    edges = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    chunks = [body[start:end] for start, end in itertools.pairwise(edges)]
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "_BLOCK", block)
        upload = received(chunks, Path(place) / "upload")
        assert [file.path.read_bytes() for file in upload.files] == contents
        assert [(file.size, file.sha256) for file in upload.files] == [
            (len(content), hashlib.sha256(content).hexdigest()) for content in contents
        ]
        assert upload.fields == {"mode": upload_names.client_text(contents[0])}


def test_each_byte_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_BLOCK", 1)
    content = b"\r\n--XxBoundar\r\r\n--XxBoundarx\r\n-"
    body = form(file(b"a.csv", content), field(b"x", b"1"), file(b"b.csv", b""))
    received([body[at : at + 1] for at in range(len(body))], folder)
    assert stored(folder) == {"a.csv": content, "b.csv": b""}


# Faults


def bits_of_forms() -> st.SearchStrategy[bytes]:
    bits = [
        b"--XxBoundary\r\n",
        b"\r\n--XxBoundary",
        b"--\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b" \t",
        b"Content-Disposition: ",
    ]
    bits += [
        b"form-data; name=x",
        b"; filename=",
        b"Content-Disposition: form-data; filename*='",
        b'"',
        b"\\",
        b";",
    ]
    return st.lists(st.binary(max_size=5) | st.sampled_from(bits), max_size=20).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(body=bits_of_forms(), before=st.sampled_from([b"", b"--XxBoundary\r\n"]))
def test_any_body_is_taken_or_refused(body: bytes, before: bytes) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place) / "upload"
        try:
            received(before + body, folder)
        except BadRequest:
            assert not folder.exists()


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (form(file(b"a.csv"))[:-30], MULTIPART, "closing boundary"),
        (file(b"a.csv"), MULTIPART, "closing boundary"),
        (b"a;b\n", MULTIPART, "not a well-formed"),
        (form(file(b"a.csv")), "multipart/form-data", "no boundary"),
        (form(file(b"a.csv")), "multipart/form-data; boundary=", "no boundary"),
        (form(file(b"a.csv")), "multipart/form-data; boundary=" + "x" * 300, "Boundary length"),
        (form(file(b"a.csv")), "multipart/form-data; boundary=other", "not a well-formed"),
        (form(part(b"form-data")), MULTIPART, "no name"),
        (form(b"--XxBoundary\r\n\r\n1\r\n"), MULTIPART, "no name"),
        (form(part(RFC_5987, b"MQ==", b"Content-Transfer-Encoding: base64")), MULTIPART, "'base64'"),
        (form(part(RFC_5987, b"1", *[b"X: 1"] * 30)), MULTIPART, "header count"),
        (b"{}", "application/json", "application/json"),
    ],
)
def test_malformed_bodies(folder: Path, body: bytes, kind: str, words: str) -> None:
    answer = posted(app(folder), content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert not folder.exists()


SMALL = UploadLimits(max_bytes=2000, max_files=2, max_field_bytes=100, max_fields=3)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (form(file(b"a.csv", b"1" * 2000)), MULTIPART, "2,000 bytes"),
        (form(*[file(b"a.csv", b"")] * 3), MULTIPART, "2 files"),
        (form(*[field(b"x", b"")] * 4), MULTIPART, "3 fields"),
        (form(*[file(b"", b"")] * 4), MULTIPART, "3 fields"),
        (form(field(b"mode", b"1" * 97)), MULTIPART, "'mode' has more than 100 bytes"),
        (form(field(b"n" * 101, b"")), MULTIPART, "more than 100 bytes"),
        (b"a&b&c&d", URLENCODED, "3 fields"),
        (b"a=" + b"1" * 100, URLENCODED, "'a' has more than 100 bytes"),
        (b"a=" + b"1" * 300, URLENCODED, "300 bytes"),
        (b"1" * 2001, "", "2,000 bytes"),
    ],
)
@pytest.mark.parametrize("length_told", [True, False])
def test_limits(folder: Path, body: bytes, kind: str, words: str, length_told: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 100):
            yield body[at : at + 100]

    headers = {"Content-Type": kind} if kind else {}
    answer = posted(app(folder, SMALL), content=body if length_told else chunks(), headers=headers)
    assert answer.status_code == 413
    assert words in answer.json()["detail"]
    assert not folder.exists()


def test_a_field_is_refused_while_it_comes(folder: Path) -> None:
    async def endless() -> None:
        begun = field(b"mode", b"1" * (2 << 20))
        request = asked(pieces([begun], complete=False), MULTIPART)
        with pytest.raises(PayloadTooLarge, match="'mode'"):
            await asyncio.wait_for(receive_upload(request, folder, LIMITS), 10)

    asyncio.run(endless())


def test_what_is_just_within_the_limits(folder: Path) -> None:
    parts = [file(b"a.csv", b"1"), file(b"a.csv", b""), *[field(b"mode", b"1" * 96)] * 2, file(b"", b"")]
    body = form(*parts)
    upload = received(body + b"\n" * (2000 - len(body)), folder, SMALL, headers=[("content-length", "2000")])
    assert (len(upload.files), len(upload.fields)) == (2, 1)


@pytest.mark.parametrize("length", ["2001", "9" * 19])
def test_a_length_above_the_limit_is_refused_unread(folder: Path, length: str) -> None:
    def unread() -> Iterable[dict[str, Any]]:
        pytest.fail("the body was read")
        yield {}

    request = asked(unread(), MULTIPART, [("content-length", length)])
    with pytest.raises(PayloadTooLarge, match="2,000 bytes"):
        asyncio.run(receive_upload(request, folder, SMALL))
    assert not folder.exists()


@pytest.mark.parametrize("length", ["-1", "1.5", "", "9" * 5000])
def test_a_length_that_is_no_number(folder: Path, length: str) -> None:
    with pytest.raises(BadRequest, match="is not a number of bytes"):
        received(form(), folder, headers=[("content-length", length)])


def test_a_folder_that_is_there_is_left_alone(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "theirs.csv").write_bytes(b"1")
    with pytest.raises(FileExistsError):
        received(form(file(b"a.csv")), folder)
    assert stored(folder) == {"theirs.csv": b"1"}


BEGUN = [form(file(b"first.csv", b"1"), file(b"a.csv", os.urandom(3 << 20)))[: 2 << 20]]


def test_a_client_that_disconnects(folder: Path) -> None:
    gone = [*pieces(BEGUN, complete=False), {"type": "http.disconnect"}]
    with pytest.raises(ClientDisconnect):
        asyncio.run(receive_upload(asked(gone, MULTIPART), folder, LIMITS))
    assert not folder.exists()


def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upload_form._File, "write", full)
    with pytest.raises(OSError, match="No space left"):
        received(form(file(b"a.csv")), folder)
    assert not folder.exists()


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def test_a_cancelled_task(folder: Path) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(
            receive_upload(asked(pieces(BEGUN, complete=False), MULTIPART), folder, LIMITS)
        )
        await _until((folder / "a.csv").exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not folder.exists()

    asyncio.run(cancelled())


def test_a_cancelled_scope(folder: Path) -> None:
    async def cancelled() -> None:
        with anyio.move_on_after(0.2) as scope:
            await receive_upload(asked(pieces(BEGUN, complete=False), MULTIPART), folder, LIMITS)
        assert scope.cancelled_caught
        assert not folder.exists()

    asyncio.run(cancelled())


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_task_that_is_cancelled_while_a_thread_writes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    writing, written = threading.Event(), threading.Event()

    def slow(self: upload_form._File, octets: memoryview) -> None:
        writing.set()
        time.sleep(0.2)
        self._file.write(octets)
        written.set()

    monkeypatch.setattr(upload_form._File, "write", slow)

    async def cancelled() -> None:
        task = asyncio.create_task(receive_upload(asked(pieces(BEGUN), MULTIPART), folder, LIMITS))
        await _until(writing.is_set)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0.02)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not folder.exists()

    asyncio.run(cancelled())
    assert written.is_set()
    assert not folder.exists()


def test_a_thread_that_starts_late_writes_nothing(folder: Path) -> None:
    writer = upload_form.Form(BOUNDARY, folder, LIMITS)
    folder.mkdir(parents=True)
    writer.discard()
    writer.feed(file(b"a.csv"))
    assert not folder.exists()


def test_files_are_removed_by_another_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[tuple[int, bool]] = []
    discard = upload_form.Form.discard

    def watched(self: upload_form.Form) -> None:
        removed.append((threading.get_ident(), folder.exists()))
        discard(self)

    monkeypatch.setattr(upload_form.Form, "discard", watched)
    with pytest.raises(BadRequest):
        received(file(b"a.csv"), folder)
    here = threading.get_ident()
    assert [(thread == here, was_there) for thread, was_there in removed] == [(False, True), (True, False)]


# Whether two uploads are the same


def test_the_same_upload_has_the_same_fingerprint(folder: Path) -> None:
    parts = [field(b"a", b"1"), field(b"b", b"2"), file(b"a.csv", b"1"), file(b"b.csv", b"2")]
    first = received(form(*parts), folder / "1")
    again = received(form(parts[1], parts[0], *parts[2:]), folder / "2")
    assert first.fingerprint == again.fingerprint
    assert len(first.fingerprint) == 64


def test_another_upload_has_another_fingerprint(folder: Path) -> None:
    a, b, x = file(b"a.csv", b"1"), file(b"b.csv", b"2"), field(b"x", b"1")
    others = [
        form(a, b, x),
        form(b, a, x),
        form(a, b),
        form(a, x),
        form(a, b, field(b"x", b"2")),
        form(a, b, field(b"x", b""), field(b"1", b"")),
        form(a, file(b"b.csv", b"3"), x),
        form(a, file(b"c.csv", b"2"), x),
        form(),
    ]
    prints = {received(body, folder / str(at)).fingerprint for at, body in enumerate(others)}
    assert len(prints) == len(others)


# Memory


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_large_upload_needs_no_memory(folder: Path) -> None:
    chunk, count = os.urandom(65_536), 300 * 16
    begin = form(file(b"large.csv", b"|")).partition(b"|")
    digest, most = hashlib.sha256(), 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal most
        yield begin[0]
        for _ in range(count):
            digest.update(chunk)
            most = max(most, _resident())
            yield chunk
        yield begin[2]

    before = _resident()
    answer = posted(app(folder), content=body(), headers={"Content-Type": MULTIPART})
    assert answer.json()["files"] == [["large.csv", 300 << 20, digest.hexdigest()]]
    assert (folder / "large.csv").stat().st_size == 300 << 20
    assert most - before < 30 << 20
    (folder / "large.csv").unlink()
