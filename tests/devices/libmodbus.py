"""
A server of libmodbus on 127.0.0.1, as one opinion on the protocol that is not ours.

    python -m tests.devices.libmodbus

Prints "READY <port>" and serves one connection after another until it is killed.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library

from tests.devices.processes import free_port

MOST_OCTETS = 260


def missing() -> str | None:
    """Why it cannot run here."""
    return None if find_library("modbus") else "libmodbus is not installed: run .ci/peers"


@contextmanager
def libmodbus() -> Iterator[int]:
    """The port of a server; its unit is any, its registers are zero."""
    peer = subprocess.Popen(
        [sys.executable, "-m", "tests.devices.libmodbus"], stdout=subprocess.PIPE, text=True
    )
    assert peer.stdout is not None
    try:
        ready = peer.stdout.readline().split()
        assert ready[:1] == ["READY"], "the libmodbus peer ended before it was ready"
        yield int(ready[1])
    finally:
        peer.kill()
        peer.wait()
        peer.stdout.close()


def _serve() -> None:
    library = ctypes.CDLL(find_library("modbus"))
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_mapping_new.restype = ctypes.c_void_p
    port = free_port()
    context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", port))
    mapping = ctypes.c_void_p(library.modbus_mapping_new(8, 8, 8, 8))
    listening = ctypes.c_int(library.modbus_tcp_listen(context, 1))
    sys.stdout.write(f"READY {port}\n")
    sys.stdout.flush()
    request = (ctypes.c_uint8 * MOST_OCTETS)()
    while library.modbus_tcp_accept(context, ctypes.byref(listening)) >= 0:
        while (length := library.modbus_receive(context, request)) >= 0:
            library.modbus_reply(context, request, length, mapping)
        library.modbus_close(context)


if __name__ == "__main__":
    _serve()
