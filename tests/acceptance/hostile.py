"""Peers that do one wrong thing, on any loopback address: threads, so that no event loop helps."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
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
    """One byte every half second: alive, and never done."""

    def behaviour(peer: socket.socket, over: threading.Event) -> None:
        for octet in data:
            peer.sendall(bytes((octet,)))
            if over.wait(0.5):
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


def identifies(peer: socket.socket, over: threading.Event) -> None:
    """A sound Modbus unit: 43/14 with three short texts, whatever it is asked."""
    texts = (b"Peer", b"P-1", b"V1")
    objects = b"".join(bytes((n, len(text))) + text for n, text in enumerate(texts))
    while request := peer.recv(4096):
        pdu = bytes((0x2B, 0x0E, 0x01, 0x01, 0, 0, len(texts))) + objects
        peer.sendall(request[:4] + (len(pdu) + 1).to_bytes(2, "big") + request[6:7] + pdu)


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
