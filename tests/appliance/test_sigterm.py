"""SIGTERM ends the real process in time, whatever the broker does."""

import signal
import socket
import threading

import pytest

from tests.appliance.processes import daemon

# CONNACK of MQTT 5: accepted, no properties.
WELCOME = b"\x20\x03\x00\x00\x00"


@pytest.fixture
def silent():
    """A broker that says what it is given to say and then nothing; its port, and whether met."""
    met = threading.Event()
    peers = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept(word):
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                peers.append(peer)
                peer.recv(1)
                if word:
                    peer.sendall(word)
                met.set()

        def start(word):
            threading.Thread(target=accept, args=(word,), daemon=True).start()
            return server.getsockname()[1], met

        yield start
        server.shutdown(socket.SHUT_RDWR)
    for peer in peers:
        peer.close()


@pytest.mark.parametrize(
    ("scheme", "word"),
    [("mqtt", b""), ("mqtts", b""), ("mqtt", WELCOME)],
    ids=["before the welcome", "in the TLS handshake", "after the welcome"],
)
def test_a_silent_broker_does_not_hold_up_the_end(plant, listen, silent, scheme, word):
    port, met = silent(word)
    with (plant / "site.yaml").open("a") as file:
        file.write(f"outlets: {{mqtt: {{broker: '{scheme}://127.0.0.1:{port}'}}}}\n")
    with daemon(plant, listen) as process:
        assert met.wait(10)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 0
