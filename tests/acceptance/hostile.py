"""Peers that do one wrong thing, on any loopback address: threads, so that no event loop helps."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nServer: panel\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)

Behaviour = Callable[[socket.socket, threading.Event], None]


def tarpit(peer: socket.socket, over: threading.Event) -> None:
    """Takes all, says nothing, never closes."""
    over.wait()


def slam(peer: socket.socket, over: threading.Event) -> None:
    """Closes at once."""


def reset(peer: socket.socket, over: threading.Event) -> None:
    """Resets at once."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says(data: bytes) -> Behaviour:
    """Answers the first bytes with these, and waits for us to go."""

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(4096)
        peer.sendall(data)
        while peer.recv(4096):
            pass

    return behaviour


def greets(data: bytes) -> Behaviour:
    """Speaks first, as SSH, FTP and telnet do."""

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        peer.sendall(data)
        while peer.recv(4096):
            pass

    return behaviour


def dribbles(data: bytes) -> Behaviour:
    """One byte a second: alive, and never done."""

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        for octet in data:
            peer.sendall(bytes((octet,)))
            if over.wait(1.0):
                return

    return behaviour


def leaves_in_the_middle(data: bytes) -> Behaviour:
    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(4096)
        peer.sendall(data)

    return behaviour


def echo(peer: socket.socket, over: threading.Event) -> None:
    while data := peer.recv(4096):
        peer.sendall(data)


def floods(peer: socket.socket, over: threading.Event) -> None:
    """Zeros without end."""
    with contextlib.suppress(OSError):
        while not over.is_set():
            peer.sendall(bytes(65_536))


def identified(texts: Mapping[int, bytes], conformity: int = 0x01) -> Behaviour:
    """A sound Modbus unit: answers 43/14 with these objects, whatever it is asked."""
    objects = b"".join(bytes((n, len(text))) + text for n, text in sorted(texts.items()))
    pdu = bytes((0x2B, 0x0E, 0x01, conformity, 0, 0, len(texts))) + objects

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        while request := peer.recv(4096):
            length = (len(pdu) + 1).to_bytes(2, "big")
            peer.sendall(request[:4] + length + request[6:7] + pdu)

    return behaviour


def replays(parts: Sequence[bytes]) -> Behaviour:
    """Answers each message with the next part of a recording, then with silence."""

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        for part in parts:
            if not peer.recv(65_536):
                return
            peer.sendall(part)
        over.wait()

    return behaviour


identifies = identified({0: b"Peer", 1: b"P-1", 2: b"V1"})
Here = Callable[[Callable[[], socket.socket]], socket.socket]


def here(make: Callable[[], socket.socket]) -> socket.socket:
    return make()


@contextmanager
def tcp(address: str, port: int, behaviour: Behaviour, where: Here = here) -> Iterator[int]:
    """A server whose every connection behaves so; yields its port."""
    over = threading.Event()
    with where(lambda: socket.create_server((address, port), backlog=16)) as server:
        server.settimeout(0.1)

        def one(peer: socket.socket) -> None:
            with peer, contextlib.suppress(OSError):
                behaviour(peer, over)

        def serve() -> None:
            taken = []
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    peer, _ = server.accept()
                    peer.settimeout(20)
                    taken.append(threading.Thread(target=one, args=(peer,), daemon=True))
                    taken[-1].start()
            for thread in taken:
                thread.join(1)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            serving.join(5)


@contextmanager
def udp(
    address: str, port: int, answer: Callable[[bytes], bytes | None], where: Here = here
) -> Iterator[int]:
    """A datagram server; None is no answer."""
    over = threading.Event()
    with where(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind((address, port))
        server.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    data, sender = server.recvfrom(65_535)
                    if (reply := answer(data)) is not None:
                        server.sendto(reply, sender)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            serving.join(5)
