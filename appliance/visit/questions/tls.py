"""What TLS servers are asked."""

from __future__ import annotations

from appliance.visit.questions.question import Effort, K, Question
from checks.facts.tls import TlsServer, TlsVersions, TlsWeakSuites

TLS_SERVER = Question(  # [8; over Ethernet 10; each further 3 KB of certificates 1]
    "tls-server", "tls", Effort.HANDSHAKE, TlsServer, packets=24, octets=90 * K, tls=1
)
TLS_VERSIONS = Question(  # [15; where alerts do not name the version 25, two accepted 19]
    "tls-versions",
    "tls",
    Effort.HANDSHAKE,
    TlsVersions,
    daily=True,
    packets=84,
    octets=128 * K,
    connections=6,
    tls=2,
    after="tls-server",
)
TLS_WEAK_SUITES = Question(  # [5; two accepted 14]
    "tls-weak-suites",
    "tls",
    Effort.HANDSHAKE,
    TlsWeakSuites,
    monthly=True,
    packets=28,
    octets=128 * K,
    connections=2,
    tls=2,
    after="tls-server",
)
TLS = (TLS_SERVER, TLS_VERSIONS, TLS_WEAK_SUITES)
