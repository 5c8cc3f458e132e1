"""Servers that none of us wrote, each in the two states a plant can find it in."""

from __future__ import annotations

import os

import pytest

from collectors.credentials import SnmpUser
from tests.acceptance import peers
from tests.acceptance.table import WHOLE, hold
from tests.devices.snmpd import PROGRAM, snmpd

MONITOR = SnmpUser("monitor", "SHA-256", "seven-seas-auth", "AES-128", "seven-seas-priv")

needs_snmpd = pytest.mark.skipif(PROGRAM is None, reason="snmpd is not installed: run .ci/peers")


@needs_snmpd
def test_net_snmp_with_version_3_only(bench, start):
    port = start(snmpd(users=[MONITOR], sys_name="switch-1"))
    bench.secret("auth", "seven-seas-auth")
    bench.secret("priv", "seven-seas-priv")
    bench.write(f"""
credentials:
  - {{id: v3, kind: snmpv3, user: monitor, auth: {{protocol: SHA-256, secret: {{file: secrets/auth}}}},
      priv: {{protocol: AES-128, secret: {{file: secrets/priv}}}}}}
assets:
  - {{id: switch, zone: cell, address: 127.0.0.1, role: switch, identity: {{name: switch-1}},
      services: [{{port: udp/{port}, protocol: snmp, credential: v3}}]}}
""")

    # No community is known to be valid, so v1 and v2c are not tried: their silence would say nothing.
    once = bench.check()
    hold("net-snmp, v3 only", once, V3_ONLY)
    assert once.states["switch.snmp", "snmp-default-community-refused"] == "unknown"
    if os.environ.get(WHOLE):
        # Silence is heard for the second time: now it stands.
        again = bench.check("--due-anyway")
        hold("net-snmp, v3 only, again", again, V3_ONLY)
        assert again.states["switch.snmp", "snmp-default-community-refused"] == "pass"


V3_ONLY = """
switch.snmp snmp-v3-authpriv                pass
switch.snmp snmp-default-community-refused  pass
switch.snmp snmp-v1v2c-disabled             inconclusive not-asked
switch.snmp snmp-identity-matches-inventory pass
switch      clock-offset-within-limit       dated
switch.snmp authentication-failures-normal  pass
switch.snmp snmp-v3-weak-level-refused      pass
switch      inventory-device-present        pass
switch      firmware-approved               not-applicable
cell        self-coverage                   pass
"""


@needs_snmpd
def test_net_snmp_with_public(bench, start):
    port = start(snmpd(rocommunity=["public"], sys_name="switch-2"))
    bench.secret("community", "public")
    bench.write(f"""
credentials: [{{id: read, kind: community, secret: {{file: secrets/community}}}}]
assets:
  - {{id: switch, zone: cell, address: 127.0.0.1, role: switch, identity: {{name: switch-1}},
      services: [{{port: udp/{port}, protocol: snmp, credential: read}}]}}
""")

    hold(
        "net-snmp, public",
        bench.check(),
        """
switch.snmp snmp-v3-authpriv                fail unprotected
switch.snmp snmp-default-community-refused  fail default-credential
switch.snmp snmp-v1v2c-disabled             fail unprotected
switch.snmp snmp-identity-matches-inventory fail differs
switch      clock-offset-within-limit       dated
switch.snmp authentication-failures-normal  pass
switch      inventory-device-present        pass
""",
    )


@needs_snmpd
@pytest.mark.whole
@pytest.mark.parametrize(("secret", "user"), [("not-the-secret", "monitor"), ("x", "nobody")])
def test_net_snmp_that_turns_us_away(bench, start, secret, user):
    port = start(snmpd(users=[MONITOR]))
    bench.secret("auth", f"{secret}-padded")
    bench.secret("priv", "seven-seas-priv")
    bench.write(f"""
credentials:
  - {{id: v3, kind: snmpv3, user: {user}, auth: {{protocol: SHA-256, secret: {{file: secrets/auth}}}},
      priv: {{protocol: AES-128, secret: {{file: secrets/priv}}}}}}
assets:
  - {{id: switch, zone: cell, address: 127.0.0.1, role: switch, identity: {{name: switch-1}},
      services: [{{port: udp/{port}, protocol: snmp, credential: v3}}]}}
""")

    # After a login that failed the agent is left alone, and nothing more is known of it.
    hold(
        f"net-snmp, {user} turned away",
        bench.check(),
        """
switch.snmp snmp-v3-authpriv                inconclusive denied
switch.snmp snmp-default-community-refused  inconclusive denied
switch.snmp snmp-v1v2c-disabled             inconclusive denied
switch.snmp snmp-identity-matches-inventory inconclusive denied
switch      clock-offset-within-limit       inconclusive denied
switch      inventory-device-present        pass
""",
    )


SECURED = """
plc.opcua opcua-mode-none-absent          pass
plc.opcua opcua-deprecated-policy-absent  pass
plc.opcua opcua-anonymous-token-absent    pass
plc.opcua opcua-anonymous-session-refused pass
plc.opcua opcua-anonymous-write-denied    not-applicable
plc.opcua opcua-cert-strong               pass
plc.opcua opcua-cert-valid                dated
"""


@pytest.mark.whole
def test_node_opcua_secured(bench, node):
    port = node("opcua", "secured")
    bench.write(f"""
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc,
      services: [{{port: tcp/{port}, protocol: opcua}}]}}
""")

    # Without a credential a session would be anonymous, and those are refused.
    hold(
        "node-opcua, secured",
        bench.check(),
        SECURED
        + """
plc.opcua opcua-discovery-confined        pass
plc.opcua opcua-encryption-on-boundary    pass
plc.opcua opcua-endpoints-expected        pass
plc.opcua opcua-password-token-protected  pass
plc.opcua opcua-auditing-enabled          inconclusive denied
plc.opcua opcua-session-timeout-bounded   inconclusive denied
plc       clock-offset-within-limit       inconclusive denied
plc       port-expected-present           pass
plc       inventory-device-present        pass
""",
    )


def test_node_opcua_secured_with_a_login(bench, node):
    from tests.acceptance.certificates import own_certificate, pin_of

    port = node("opcua", "secured")
    bench.secret("password", "seven-Seas")
    own_certificate(bench)
    rest = """
credentials:
  - {{id: login, kind: password, user: monitor, secret: {{file: secrets/password}}}}
  - {{id: own, kind: certificate, certificate: {{file: secrets/own.pem}}, key: {{file: secrets/own.key}}}}
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc, firmware: {{approved: ["{version}"]}}, allow: [long-session],
      services: [{{port: tcp/{port}, protocol: opcua, credential: login, certificate: own,
                   trust: {{sha256: {pin}}}}}]}}
"""
    bench.write(rest.format(port=port, pin="00" * 32, version="1"))

    # A server we do not trust gets no password, and what stands behind the login stays unknown.
    untrusted = bench.check()
    hold(
        "node-opcua, not trusted",
        untrusted,
        SECURED
        + """
plc.opcua opcua-cert-trusted              fail differs
plc.opcua opcua-discovery-confined        pass
plc.opcua opcua-encryption-on-boundary    pass
plc.opcua opcua-endpoints-expected        pass
plc.opcua opcua-password-token-protected  pass
plc.opcua opcua-push-management-confined  inconclusive denied
plc.opcua monitor-account-least-privilege inconclusive denied
plc.opcua opcua-auditing-enabled          inconclusive denied
plc.opcua opcua-session-timeout-bounded   inconclusive denied
plc       clock-offset-within-limit       inconclusive denied
plc       firmware-approved               inconclusive denied
""",
    )
    bench.write(rest.format(port=port, pin=pin_of(untrusted), version="1"))
    hold(
        "node-opcua, secured with a login",
        bench.check("--due-anyway"),
        SECURED
        + """
plc.opcua opcua-cert-trusted              pass
plc.opcua crypto-identity-unchanged       pass
plc.opcua opcua-discovery-confined        pass
plc.opcua opcua-encryption-on-boundary    pass
plc.opcua opcua-endpoints-expected        pass
plc.opcua opcua-password-token-protected  pass
plc.opcua opcua-session-limit-set         pass
plc.opcua opcua-diagnostics-protected     pass
plc.opcua opcua-push-management-confined  pass
plc.opcua opcua-server-nonce-fresh        inconclusive not-comparable
plc.opcua monitor-account-least-privilege inconclusive not-comparable
plc.opcua opcua-auditing-enabled          fail not-configured
plc.opcua opcua-session-timeout-bounded   pass
plc       clock-offset-within-limit       dated
plc       firmware-approved               fail not-approved
""",
    )


def test_node_opcua_open(bench, node):
    port = node("opcua", "open")
    bench.write(f"""
assets:
  - {{id: plc, zone: cell, address: 127.0.0.1, role: plc,
      services: [{{port: tcp/{port}, protocol: opcua, variables: ["i=2258", "i=9999999"]}}]}}
""")

    hold(
        "node-opcua, open",
        bench.check(),
        """
plc.opcua opcua-mode-none-absent          fail unprotected
plc.opcua opcua-deprecated-policy-absent  not-applicable
plc.opcua opcua-anonymous-token-absent    fail anonymous-accepted
plc.opcua opcua-anonymous-session-refused fail anonymous-accepted
plc.opcua opcua-anonymous-write-denied    inconclusive denied
plc.opcua opcua-auditing-enabled          fail not-configured
plc.opcua opcua-cert-strong               pass
plc.opcua opcua-cert-valid                dated
plc.opcua opcua-discovery-confined        pass
plc.opcua opcua-endpoints-expected        pass
plc.opcua opcua-session-limit-set         pass
plc.opcua opcua-diagnostics-protected     pass
plc.opcua opcua-push-management-confined  pass
plc.opcua opcua-server-nonce-fresh        not-applicable
plc.opcua monitor-account-least-privilege not-applicable
plc       clock-offset-within-limit       dated
plc       port-expected-present           pass
""",
    )


MODBUS = """
assets:
  - {{id: rtu, zone: cell, address: 127.0.0.1, role: rtu,
      identity: {{vendor: {vendor}, order_number: PW-430}}, firmware: {{approved: [{firmware}]}},
      services: [{{port: tcp/{port}, protocol: modbus}}]}}
"""


def test_modbus_serial_that_is_as_the_inventory_says(bench, node):
    bench.write(
        MODBUS.format(port=node("modbus", "identified"), vendor="Peer Works", firmware="V2.7")
    )

    hold(
        "modbus-serial, as stated",
        bench.check(),
        """
rtu.modbus modbus-identity-matches-inventory pass
rtu        firmware-approved                 pass
rtu        port-expected-present             pass
rtu        inventory-device-present          pass
""",
    )


@pytest.mark.whole
def test_modbus_serial_that_is_another_device(bench, node):
    bench.write(MODBUS.format(port=node("modbus", "identified"), vendor="Others", firmware="V2.8"))

    hold(
        "modbus-serial, another device",
        bench.check(),
        """
rtu.modbus modbus-identity-matches-inventory fail differs
rtu        firmware-approved                 fail not-approved
""",
    )


@pytest.mark.whole
def test_modbus_serial_that_does_not_identify_itself(bench, node):
    bench.write(MODBUS.format(port=node("modbus", "mute"), vendor="Peer Works", firmware="V2.7"))

    hold(
        "modbus-serial, mute",
        bench.check(),
        """
rtu.modbus modbus-identity-matches-inventory inconclusive not-comparable
rtu        firmware-approved                 inconclusive not-comparable
rtu        inventory-device-present          pass
""",
    )


@pytest.mark.whole
def test_modbus_serial_that_was_there_and_is_gone(bench, tmp_path):
    if (why := peers.node_lacks("modbus")) is not None:
        pytest.skip(why)
    with peers.node("modbus", "identified", tmp_path) as port:
        bench.write(MODBUS.format(port=port, vendor="Peer Works", firmware="V2.7"))
        assert bench.check().states["rtu", "firmware-approved"] == "pass"

    # What was seen before does not answer for now: the state may stay, the verdict does not.
    gone = bench.check("--due-anyway")
    hold(
        "modbus-serial, gone",
        gone,
        """
rtu.modbus modbus-identity-matches-inventory inconclusive refused
rtu        firmware-approved                 inconclusive refused
rtu        port-expected-present             fail missing
""",
    )
    assert gone.states["rtu", "firmware-approved"] == "pass"


needs_hosts = pytest.mark.skipif(
    not (peers.program("sshd") and peers.program("nginx")),
    reason="sshd or nginx is not installed: run .ci/peers",
)
PANEL = """
closed_ports: [{closed}]
assets:
  - {{id: panel, zone: cell, address: 127.0.0.1, role: hmi, services: [{services}]}}
"""


@needs_hosts
def test_sshd_and_nginx_that_are_declared(bench, start, tmp_path):
    ssh, web = start(peers.sshd(tmp_path / "ssh")), start(peers.nginx(tmp_path / "web"))
    shut = peers.free_port()
    services = f"{{port: tcp/{ssh}, protocol: ssh}}, {{port: tcp/{web}, protocol: http}}"
    bench.write(PANEL.format(services=services, closed=f"tcp/{shut}"))

    hold(
        "sshd and nginx, declared",
        bench.check(),
        """
panel port-expected-present    pass
panel port-unexpected-absent   pass
panel cleartext-service-absent fail unprotected
panel inventory-device-present pass
""",
    )


@needs_hosts
def test_a_web_server_nobody_declared_and_a_service_that_is_gone(bench, start, tmp_path):
    ssh, web = start(peers.sshd(tmp_path / "ssh")), start(peers.nginx(tmp_path / "web"))
    gone = peers.free_port()
    services = f"{{port: tcp/{ssh}, protocol: ssh}}, {{port: tcp/{gone}, protocol: https}}"
    bench.write(PANEL.format(services=services, closed=f"tcp/{web}"))

    hold(
        "sshd declared, nginx not",
        bench.check(),
        """
panel port-expected-present    fail missing
panel port-unexpected-absent   fail unexpected-open
panel cleartext-service-absent inconclusive not-asked
panel inventory-device-present pass
""",
    )


@pytest.mark.whole
@needs_hosts
def test_sshd_alone_with_the_clear_text_service_switched_off(bench, start, tmp_path):
    ssh, off = start(peers.sshd(tmp_path / "ssh")), peers.free_port()
    services = f"{{port: tcp/{ssh}, protocol: ssh}}, {{port: tcp/{off}, protocol: telnet}}"
    bench.write(PANEL.format(services=services, closed=f"tcp/{off}"))

    hold(
        "sshd, telnet off",
        bench.check(),
        """
panel port-expected-present    fail missing
panel port-unexpected-absent   not-applicable
panel cleartext-service-absent pass
""",
    )
