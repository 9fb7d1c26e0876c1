"""The proxy that cuts connections does just what it is told, also where MySQL's packets come in pieces."""

import socket
import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cutting_proxy import Cut, CuttingProxy, Packets


def packet(octets: bytes, number: int = 0) -> bytes:
    return len(octets).to_bytes(3, "little") + bytes([number]) + octets


QUERY, COMMIT, PIECE = packet(b"\x03SELECT 1"), packet(b"\x03COMMIT"), packet(b"1,2\n", 2)


class Echo:
    """A server that sends back what it gets, and remembers it."""

    def __init__(self) -> None:
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            while True:
                threading.Thread(target=self._echo, args=self.listener.accept()[:1], daemon=True).start()
        except OSError:
            return

    def _echo(self, end: socket.socket) -> None:
        with end:
            while octets := end.recv(100):
                self.heard += octets
                end.sendall(octets)


@pytest.fixture
def echo() -> Iterator[Echo]:
    found = Echo()
    yield found
    found.listener.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[CuttingProxy]:
    with CuttingProxy(echo.listener.getsockname()) as running:
        yield running


@pytest.fixture
def client(proxy: CuttingProxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as end:
        yield end


def answer(end: socket.socket, size: int) -> bytes:
    """So many bytes, or fewer when the connection ends."""
    found = b""
    try:
        while len(found) < size and (octets := end.recv(size - len(found))):
            found += octets
    except ConnectionResetError:
        pass
    return found


def test_packets_are_counted_and_told_and_handed_on(proxy: CuttingProxy, client: socket.socket) -> None:
    told: list[tuple[int, str]] = []
    proxy.cut_when(lambda seen: told.append((seen.number, seen.text)))  # type: ignore[func-returns-value]
    sent = QUERY + PIECE + COMMIT
    for octet in sent:
        client.sendall(bytes([octet]))
    assert answer(client, len(sent)) == sent
    assert told == [(1, "SELECT 1"), (2, ""), (3, "COMMIT")]


@given(st.sets(st.integers(1, len(QUERY + PIECE + COMMIT) - 1)))
def test_a_statement_is_told_whole_however_its_octets_come(cuts: set[int]) -> None:
    sent, packets = QUERY + PIECE + COMMIT, Packets()
    ends = [0, *sorted(cuts), len(sent)]
    found = [part for begin, end in pairwise(ends) for part in packets.of(sent[begin:end])]
    assert b"".join(piece for piece, _ in found) == sent
    assert [text for _, text in found if text is not None] == ["SELECT 1", "", "COMMIT"]


@pytest.mark.parametrize(("cut", "heard"), [(Cut.REQUEST, QUERY), (Cut.ANSWER, QUERY + COMMIT)])
def test_a_statement_is_cut_before_or_behind_the_server(
    proxy: CuttingProxy, client: socket.socket, echo: Echo, cut: Cut, heard: bytes
) -> None:
    proxy.cut_when(lambda seen: cut if seen.text == "COMMIT" else None)
    client.sendall(QUERY)
    assert answer(client, len(QUERY)) == QUERY
    client.sendall(COMMIT)
    assert answer(client, 1) == b""
    assert echo.heard == heard


def test_silence_is_told_to_nobody(proxy: CuttingProxy, client: socket.socket, echo: Echo) -> None:
    proxy.cut_when(lambda seen: Cut.SILENCE)
    client.sendall(QUERY)
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    assert echo.heard == b""


def test_bytes_are_counted_both_ways_and_the_next_connection_is_whole(
    proxy: CuttingProxy, client: socket.socket
) -> None:
    proxy.cut_after(2 * len(QUERY))
    client.sendall(QUERY)
    assert answer(client, len(QUERY)) == QUERY
    client.sendall(QUERY)
    assert answer(client, 1) == b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as other:
        other.sendall(QUERY)
        assert answer(other, len(QUERY)) == QUERY


def test_who_is_refused_may_come_again_when_the_server_is_back(
    proxy: CuttingProxy, client: socket.socket
) -> None:
    proxy.refuse()
    assert answer(client, 1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=10)
    proxy.accept()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as other:
        other.sendall(QUERY)
        assert answer(other, len(QUERY)) == QUERY
