"""A StatsD server: a UDP socket that keeps what it hears."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils


class Statsd:
    """Hears on a free port of this machine."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening

    @property
    def environment(self) -> Mapping[str, str]:
        """Of an Airflow that sends its metrics here."""
        host, port = self._listening.getsockname()
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": host,
            "AIRFLOW__METRICS__STATSD_PORT": str(port),
        }

    def heard(self, prefix: str = "airflow.import_export.") -> list[str]:
        """What came since it was asked last, without that prefix: `files.complete:1|c`."""
        self._listening.setblocking(False)
        lines: list[str] = []
        while True:
            try:
                lines += self._listening.recv(1 << 16).decode().splitlines()
            except BlockingIOError:
                return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


@contextmanager
def statsd() -> Iterator[Statsd]:
    """A server for as long as the block runs."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        listening.bind(("127.0.0.1", 0))
        yield Statsd(listening)


@contextmanager
def metrics_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Statsd]:
    """Airflow's metrics switched on in this process, as a task's process has them."""
    with statsd() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
        try:
            yield server
        finally:
            for name in server.environment:
                monkeypatch.delenv(name)
            stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)
            assert "AIRFLOW__METRICS__STATSD_ON" not in os.environ
