import os
import socket

import pytest

from appliance.demo.firewall import bound, walls

INSIDE, PERMITTED, STRANGER = "127.99.1.1", "127.99.0.5", "127.99.0.6"
NOBODY = 65534


def opens(source: str, port: int) -> bool | None:
    """True: it opened.  None: nobody answered.  A reset raises."""
    with socket.socket() as sock:
        sock.bind((source, 0))
        sock.settimeout(0.15)
        try:
            sock.connect((INSIDE, port))
        except TimeoutError:
            return None
        return True


def guarded_as_promised() -> bool:
    with bound(INSIDE, 0, (PERMITTED,)) as sock:
        sock.listen()
        port = sock.getsockname()[1]
        return opens(PERMITTED, port) is True and opens(STRANGER, port) is None


def test_a_listed_source_gets_in_and_another_gets_no_answer():
    assert guarded_as_promised()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_the_filter_needs_no_privilege():
    child = os.fork()
    if child == 0:
        # pytest must not go on in the child, whatever happens.
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            code = 0 if guarded_as_promised() else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_wall_is_silent_to_everybody():
    with bound(INSIDE, 0, None) as probe:
        port = probe.getsockname()[1]
    (wall,) = walls(INSIDE, (port,))
    with wall:
        assert opens(PERMITTED, port) is None
