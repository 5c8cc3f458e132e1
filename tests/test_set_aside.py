"""No device of a test comes to lie on a port that a site may not name."""

from __future__ import annotations

import errno
import socket

import pytest

from tests.set_aside import KINDS, listed, listed_ports

LISTED = [("tcp", 34962), ("tcp", 34964), ("udp", 34963), ("udp", 47808), ("tcp", 44818)]


def test_the_lists_name_ports_that_the_kernel_gives_away():
    assert set(LISTED) <= set(listed())


@pytest.mark.parametrize(("transport", "number"), LISTED)
def test_a_listed_port_is_not_free_while_tests_run(transport, number):
    with socket.socket(socket.AF_INET, KINDS[transport]) as device:
        with pytest.raises(OSError) as refused:
            device.bind(("127.0.0.1", number))
        assert refused.value.errno == errno.EADDRINUSE


def test_two_workers_set_the_same_ports_aside():
    with listed_ports(), listed_ports():
        pass
