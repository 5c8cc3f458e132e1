"""A conduit is judged from both kinds of vantage; what it denies says nothing of a device."""

from __future__ import annotations

import pytest

from tests.acceptance import hostile, netns
from tests.acceptance.table import hold
from tests.acceptance.walled import MONITOR, PERMIT, outside

LACKING = netns.lacking()
pytestmark = pytest.mark.skipif(LACKING is not None, reason=str(LACKING))


DENIED = """
dmz-control conduit-default-deny              pass
dmz-control modbus-conduit-reachability       pass
dmz-control admin-access-from-mgmt-only       pass
dmz-control engineering-access-restricted     not-applicable
dmz-control untrusted-vantage-blocked         not-applicable
dmz-control conduit-permitted-flow-works      pass
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
rtu         port-unexpected-absent            inconclusive filtered
rtu         cleartext-service-absent          inconclusive filtered
site        self-positive-control             pass
"""


@pytest.fixture
def control(start, cable):
    start(hostile.tcp(netns.CONTROL, 443, hostile.slam, cable.in_near))


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_that_drops_what_it_does_not_permit(walled, cable):
    outside(walled, "drop")
    cable.firewall(PERMIT, "drop")

    once = walled.check("--asset", "rtu")
    hold("conduit drops", once, DENIED)
    again = walled.check("--asset", "rtu", "--due-anyway")
    hold("conduit drops, again", again, DENIED)

    assert once.states["dmz-control", "conduit-default-deny"] == "unknown"
    assert again.states["dmz-control", "conduit-default-deny"] == "pass"


TELNET = b"\xff\xfd\x18\xff\xfb\x01\r\nrtu login: "
SOUND = """
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
"""
HIDDEN = f"""
{SOUND}
dmz-control conduit-default-deny              pass
dmz-control admin-access-from-mgmt-only       pass
rtu         port-unexpected-absent            inconclusive filtered
rtu         cleartext-service-absent          inconclusive filtered
rtu         port-expected-present             inconclusive not-permitted
"""
BARED = f"""
{SOUND}
dmz-control conduit-default-deny              fail reachable
dmz-control admin-access-from-mgmt-only       fail reachable
rtu         port-unexpected-absent            fail unexpected-open
rtu         cleartext-service-absent          fail unprotected
rtu         port-expected-present             inconclusive not-permitted
"""
OF_TELNET = {"port-unexpected-absent", "cleartext-service-absent", "messaging-services-absent"}


@pytest.fixture
def telnet(start, cable):
    """Open on the device, once declared and once not."""
    for port in (23, 8023):
        start(hostile.tcp(netns.RTU, port, hostile.greets(TELNET), cable.in_far))


@pytest.mark.usefixtures("control", "telnet")
@pytest.mark.parametrize(
    ("denies_by", "deny"),
    [
        ("drop", ("drop",)),
        pytest.param(
            "reset", ("meta l4proto tcp reject with tcp reset", "drop"), marks=pytest.mark.whole
        ),
    ],
)
def test_telnet_behind_a_firewall_that_denies_it_is_no_pass_of_the_device(
    walled, cable, denies_by, deny
):
    outside(walled, denies_by, closed="tcp/23")
    cable.firewall(PERMIT, *deny)

    for more in ([], ["--due-anyway"]):
        hidden = walled.check("--asset", "rtu", *more)
        hold(f"telnet, conduit closed by {denies_by}", hidden, HIDDEN)

        device = {c: r[0] for (subject, c), r in hidden.rows.items() if subject == "rtu"}
        assert {device[check] for check in OF_TELNET} == {"inconclusive"}
        assert {hidden.states["rtu", check] for check in OF_TELNET} == {"unknown"}


@pytest.mark.whole
@pytest.mark.usefixtures("control", "telnet")
def test_telnet_behind_a_conduit_without_a_firewall(walled):
    outside(walled, "drop", closed="tcp/23")

    hold("telnet, conduit open", walled.check("--asset", "rtu"), BARED)


@pytest.mark.whole
@pytest.mark.usefixtures("control", "telnet")
@pytest.mark.parametrize("open_to_us", [True, False])
def test_telnet_seen_from_a_monitor_vantage_only(walled, cable, open_to_us):
    outside(walled, "drop", closed="tcp/23", vantages=f"[{MONITOR}]")
    if not open_to_us:
        cable.firewall(PERMIT, "drop")

    denied = ["inconclusive vantage-is-permitted"] * 2 + ["inconclusive filtered"] * 2
    reached = ["fail reachable"] * 2 + ["fail unexpected-open", "fail unprotected"]
    default, admin, unexpected, cleartext = reached if open_to_us else denied
    hold(
        f"telnet, monitor vantage, conduit {'open' if open_to_us else 'closed'}",
        walled.check("--asset", "rtu"),
        SOUND
        + f"""
dmz-control conduit-default-deny        {default}
dmz-control admin-access-from-mgmt-only {admin}
rtu         port-unexpected-absent      {unexpected}
rtu         cleartext-service-absent    {cleartext}
""",
    )


@pytest.mark.usefixtures("control")
def test_a_conduit_that_resets_answers_for_no_device(walled, cable):
    outside(walled, "reset")
    cable.firewall(PERMIT, "meta l4proto tcp reject with tcp reset", "drop")

    # Refused ports beyond it were refused by the firewall: nobody has seen them closed.
    hold("conduit resets", walled.check("--asset", "rtu"), DENIED)


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_that_should_drop_and_resets(walled, cable):
    outside(walled, "drop")
    cable.firewall(PERMIT, "meta l4proto tcp reject with tcp reset", "drop")

    hold(
        "conduit resets, said to drop",
        walled.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              inconclusive refused
dmz-control modbus-conduit-reachability       inconclusive refused
dmz-control admin-access-from-mgmt-only       inconclusive refused
dmz-control conduit-permitted-flow-works      pass
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )


@pytest.mark.whole
@pytest.mark.usefixtures("control")
def test_a_conduit_without_a_firewall(walled):
    outside(walled, "drop")

    hold(
        "conduit open",
        walled.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              fail reachable
dmz-control modbus-conduit-reachability       fail reachable
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )


@pytest.mark.whole
def test_a_conduit_judged_by_an_appliance_that_is_blind(walled, cable):
    outside(walled, "drop")
    cable.firewall(PERMIT, "drop")

    hold(
        "control host gone",
        walled.check("--asset", "rtu"),
        """
dmz-control conduit-default-deny              inconclusive blind
dmz-control modbus-conduit-reachability       inconclusive blind
dmz-control admin-access-from-mgmt-only       inconclusive blind
site        self-positive-control             fail missing
rtu.modbus  modbus-identity-matches-inventory pass
rtu         firmware-approved                 pass
""",
    )
