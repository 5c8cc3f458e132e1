"""TLS, HTTP and SSH of other people, good and bad, in whole visits through the command."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.acceptance import peers, webs
from tests.acceptance.table import hold

pytestmark = pytest.mark.skipif(
    not all(map(peers.program, webs.PROGRAMS)), reason="peers are missing: run .ci/peers"
)
ASSET = """
  - {{id: {id}, zone: cell, address: {address}, role: {role}, probing: robust,
     services: [{{port: tcp/{port}, protocol: {protocol}}}]}}"""
HTTP = "http, paths: [{paths}]"
HTTPS = "https, paths: [{paths}], trust: {{ca: secrets/ca.pem}}"


def test_web_servers_and_shells(bench, start, tmp_path):
    port, ca = start(webs.webs(tmp_path / "webs"))
    assets = []
    for name, address, tls, page in webs.WEBS:
        protocol = (HTTPS if tls else HTTP).format(
            paths="/" if page is webs.LOGIN else "/, /broken"
        )
        assets.append((name, address, "hmi", port, protocol))
    for name, address, settings in webs.SHELLS:
        at = start(webs.shell(tmp_path / name, address, settings))
        assets.append((name, address, "server", at, "ssh"))
    names = ("id", "address", "role", "port", "protocol")
    rows = [ASSET.format(**dict(zip(names, asset, strict=True))) for asset in assets]
    bench.secret("ca.pem", ca.decode())
    bench.write('limits: {login_notice: ["authorised use only"]}\nassets:' + "".join(rows))

    # One visit has no room for everything TLS is asked.
    first, second = (bench.check("--due-anyway", seconds=100) for _ in range(2))

    rows, said = first.rows | second.rows, first.said | second.said
    hold("webs and shells", replace(second, rows=rows, said=said), VERDICTS)


SECURE = """
{it}.https tls-client-cert-required  not-applicable
{it}.https modbus-security-mutual    not-applicable
{it}.https crypto-identity-unchanged not-applicable
{it}.https http-encrypted            not-applicable
"""
CURRENT = """
{it}.https tls-protocol-current      pass
{it}.https tls-cipher-strong         pass
"""
LOGIN = """
{it}.{protocol} http-login-required       pass
{it}.{protocol} login-notice-shown        pass
{it}.{protocol} error-output-terse        pass
"""
OPEN = """
{it}.{protocol} http-login-required       fail anonymous-accepted
{it}.{protocol} login-notice-shown        inconclusive not-asked
{it}.{protocol} http-session-cookie-sound fail unprotected
{it}.{protocol} error-output-terse        fail unprotected
"""
VERDICTS = (
    "".join(SECURE.format(it=it) for it in ("good", "expired", "self-signed", "old", "open"))
    + "".join(CURRENT.format(it=it) for it in ("good", "expired", "self-signed", "open"))
    + "".join(
        LOGIN.format(it=it, protocol="https") for it in ("good", "expired", "self-signed", "old")
    )
    + LOGIN.format(it="plain-login", protocol="http")
    + OPEN.format(it="open", protocol="https")
    + OPEN.format(it="plain-open", protocol="http")
    + "".join(f"{name} clock-offset-within-limit dated\n" for name, *_ in webs.WEBS)
    + """
good.https        tls-cert-sound            dated
good.https        http-session-cookie-sound pass
open.https        tls-cert-sound            dated
old.https         tls-cert-sound            dated
old.https         http-session-cookie-sound pass
old.https         tls-protocol-current      fail weak-cryptography
old.https         tls-cipher-strong         fail weak-cryptography
expired.https     tls-cert-sound            expired
expired.https     http-session-cookie-sound pass
self-signed.https tls-cert-sound            fail differs
self-signed.https http-session-cookie-sound pass
plain-login.http  http-encrypted            fail unprotected
plain-login.http  http-session-cookie-sound pass
plain-login       cleartext-service-absent  fail unprotected
plain-open.http   http-encrypted            fail unprotected
plain-open        cleartext-service-absent  fail unprotected
strong.ssh        ssh-algorithms-strong     pass
strong.ssh        crypto-identity-unchanged not-applicable
weak.ssh          ssh-algorithms-strong     fail weak-cryptography
dropbear.ssh      ssh-algorithms-strong     fail weak-cryptography
site              crypto-key-unique         pass
cell              self-coverage             pass
"""
)
