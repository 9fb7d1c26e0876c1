"""Sends frames of checked rows to MySQL through a pipe, so that `LOAD DATA LOCAL` reads while the next rows are made."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

_PIPE_BYTES = 1 << 20
"""The largest pipe that an ordinary user may ask for on Linux."""


def feed(frames: Iterable[pl.DataFrame], load: Callable[[str], Any]) -> None:
    """Write `frames` as CSV into a pipe while `load(path of the pipe)` reads it in a second thread.

    `load` ends when the pipe is closed. When it fails, writing stops and its error is raised; when making the
    frames fails, `load` gets an early end and the error is raised (the caller rolls back what `load` stored).
    """
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            load(f"/dev/fd/{reading}")
        except BaseException as error:  # raised again below, in the caller's thread
            failures.append(error)
        finally:
            os.close(reading)  # a writer that still writes gets BrokenPipeError instead of waiting for ever

    reader = threading.Thread(target=read, name="load-data")
    reader.start()
    try:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for frame in frames:
                # Text is quoted and NULL is not: with FIELDS ENCLOSED BY, MySQL tells NULL from 'NULL' by that.
                pipe.write(
                    frame.write_csv(
                        include_header=False, quote_style="non_numeric", null_value="NULL"
                    ).encode()
                )
    except BrokenPipeError:
        pass  # the reader ended first; its error is the one to tell
    finally:
        reader.join()
    if failures:
        raise failures[0]
