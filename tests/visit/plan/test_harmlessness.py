"""The page that operations sign says what the code does."""

import re
from pathlib import Path

from typer.testing import CliRunner

from appliance.cli import app
from appliance.visit.classes import CLASSES
from collectors.wire import SOURCE_PORTS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "harmlessness.md").read_text()

NUMBERS = {
    "connections at a time": lambda n: n.connections,
    "pause after a connection, seconds": lambda n: n.pause,
    "new connections a minute": lambda n: n.connections_a_minute,
    "packets a second": lambda n: n.packets_a_second,
    "packets at once": lambda n: n.burst,
    "packets a visit": lambda n: n.packets_a_sweep,
    "packets in 24 hours": lambda n: n.packets_a_day,
    "least time between visits, minutes": lambda n: minutes(n.floor),
    "least time between handshakes, minutes": lambda n: minutes(n.handshake),
    "least time between logins, minutes": lambda n: "never" if not n.login else minutes(n.login),
    "TLS handshakes it computes, of a port and visit": lambda n: n.tls_a_sweep,
    "seconds from such a handshake to the next connection that speaks TLS there": (
        lambda n: n.tls_apart
    ),
    "seconds we wait for a connection": lambda n: n.connect,
    "seconds a question may take": lambda n: n.whole,
    "failures until we leave it alone": lambda n: n.breaker_after,
}


def minutes(span):
    return span.total_seconds() / 60


def said(value):
    return value if isinstance(value, str) else f"{value:g}" if value < 1e5 else str(int(value))


def rows():
    table = PAGE.split("## How little")[1].split("Over the whole site")[0]
    found = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines()]
    return {row[0]: row[1:] for row in found if len(row) == 4 and not row[0].startswith("-")}


def test_the_class_table_has_the_numbers_of_the_code():
    table = rows()
    assert table.pop("class") == list(CLASSES)

    assert table == {
        what: [said(number(CLASSES[name])) for name in CLASSES] for what, number in NUMBERS.items()
    }


def test_the_page_is_short_enough_to_be_read_before_it_is_signed():
    assert len(PAGE.splitlines()) <= 200


def test_the_source_ports_are_the_wires():
    assert f"source ports {SOURCE_PORTS[0]} to {SOURCE_PORTS[-1]}" in PAGE


def test_every_command_on_the_page_exists():
    for words in sorted(set(re.findall(r"`upheld ([a-z-]+)", PAGE))):
        done = CliRunner().invoke(app, [words, "--help"])

        assert done.exit_code == 0, words


def test_the_example_drop_in_is_the_one_the_example_site_gives():
    example = ROOT / "systemd" / "upheld.service.d" / "inventory.conf.example"
    made = CliRunner().invoke(
        app, ["guard", "--format", "systemd", "-c", str(ROOT / "config" / "example")]
    )

    def rules(text):
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    assert rules(example.read_text()) == rules(made.stdout)
