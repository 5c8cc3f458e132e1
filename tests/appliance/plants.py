"""A port of a small plant that a test opens and shuts, so that states change when it says so."""

from __future__ import annotations

import socket


class Port:
    """One TCP port: open, it accepts and says nothing; shut, it refuses."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.number = self._server.getsockname()[1]

    def shut(self) -> None:
        self._server.close()

    def open(self) -> None:
        self._server = socket.create_server(("127.0.0.1", self.number))
