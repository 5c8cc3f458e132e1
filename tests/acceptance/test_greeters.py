"""What a host says before anybody logs in, judged by one whole visit."""

from __future__ import annotations

import pytest

from tests.acceptance import greeters, peers
from tests.acceptance.table import hold

pytestmark = pytest.mark.skipif(
    not all(map(peers.program, greeters.PROGRAMS)), reason="peers are missing: run .ci/peers"
)
HOST = """
limits: {{login_notice: ["authorised use only"]}}
assets:
  - {{id: host, zone: cell, address: 127.0.0.1, role: server, services: [
      {{port: tcp/{ssh}, protocol: ssh}}, {{port: tcp/{ftp}, protocol: ftp}},
      {{port: tcp/{telnet}, protocol: telnet}},
      {{port: tcp/{vnc}, protocol: vnc}}, {{port: tcp/{mqtt}, protocol: mqtt}},
      {{port: udp/{ntp}, protocol: ntp}}]}}
"""


def test_a_host_as_it_should_be(bench, start, tmp_path):
    bench.write(HOST.format(**start(greeters.hosts(tmp_path / "hosts", good=True))))

    hold("greetings, good", bench.check(), GOOD)


def test_the_same_host_as_it_came_out_of_the_box(bench, start, tmp_path):
    bench.write(HOST.format(**start(greeters.hosts(tmp_path / "hosts", good=False))))

    hold("greetings, bad", bench.check(), BAD)


GOOD = """
host.ssh  ssh-algorithms-strong      pass
host.ssh  crypto-identity-unchanged  not-applicable
host.ftp  ftp-anonymous-refused      pass
host.ftp  login-notice-shown         fail missing
host.telnet login-notice-shown       pass
host.vnc  vnc-protected              pass
host.mqtt mqtt-broker-protected      pass
host.ntp  ntp-service-healthy        pass
host      clock-offset-within-limit  dated
host      inventory-device-present   pass
host      cleartext-service-absent   fail unprotected
cell      self-coverage              pass
"""
BAD = """
host.ssh  ssh-algorithms-strong      fail weak-cryptography
host.ftp  ftp-anonymous-refused      fail anonymous-accepted
host.ftp  login-notice-shown         fail missing
host.telnet login-notice-shown       inconclusive not-comparable
host.vnc  vnc-protected              fail anonymous-accepted
host.mqtt mqtt-broker-protected      fail anonymous-accepted
host.ntp  ntp-service-healthy        fail not-configured
host      inventory-device-present   pass
host      cleartext-service-absent   fail unprotected
cell      self-coverage              pass
"""
