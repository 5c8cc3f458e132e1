"""A device on loopback that writes down when it is connected to."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import contextmanager


class Counting:
    """Accepts at every loopback address on one port; `at` are the monotonic times."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self._server = socket.create_server(("0.0.0.0", 0), backlog=512)
        self.port = self._server.getsockname()[1]
        self._ended = False
        self._came = threading.Condition()

    def serve(self) -> None:
        """Closes no connection first: that would look like a device without room."""
        waiting = selectors.DefaultSelector()
        waiting.register(self._server, selectors.EVENT_READ)
        while not self._ended:
            for key, _ in waiting.select(0.1):
                if key.fileobj is self._server:
                    waiting.register(self._accepted(), selectors.EVENT_READ)
                    continue
                waiting.unregister(key.fileobj)
                key.fileobj.close()

    def _accepted(self) -> socket.socket:
        connection, _ = self._server.accept()
        with self._came:
            self.at.append(time.monotonic())
            self._came.notify_all()
        return connection

    def since(self, moment: float) -> int:
        """How many connections came later."""
        return sum(at > moment for at in self.at)

    def comes(self, count: int = 1, within: float = 15.0) -> bool:
        """Whether so many more connections come."""
        with self._came:
            wanted = len(self.at) + count
            return self._came.wait_for(lambda: len(self.at) >= wanted, within)

    def close(self) -> None:
        self._server.close()

    def end(self) -> None:
        self._ended = True


@contextmanager
def counting():
    device = Counting()
    thread = threading.Thread(target=device.serve, daemon=True)
    thread.start()
    try:
        yield device
    finally:
        device.end()
        thread.join(5)
        device.close()
