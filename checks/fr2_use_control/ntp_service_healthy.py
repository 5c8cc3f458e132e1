"""Is the site's time server synchronised itself?"""

from __future__ import annotations

import re

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.ntp import NtpServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, passed

_UNSYNCHRONISED = 3
_STRATUM_OF_NOBODY = 16
# RFC 5905, 7.3 and 7.4: on the wire 16 is 0, and these tell of the server's own state, not of us.
_STARTING = ("", "INIT", "STEP")
# A server without a source that hands on its own clock: ntpd's and chrony's local driver have this
# address, others this name.  Leap, stratum and dispersion look as good as ever then.
_ITSELF = re.compile(r"127\.127\.1\.\d+|LOCL|LCL")


@check(
    title="The time server answers and is synchronised",
    about=SERVICE,
    requirements={"SR 2.11 RE 1": PART, "SR 2.11": PART},
    program=("NET 1.10",),
    severity=MEDIUM,
    audience=ENGINEERING,
    remedy="Repair the time server's own source, or point it to another one.",
    by_hand="Run chronyc -h {address} tracking, or ntpdate -q {address}: the leap status must be "
    "normal and the stratum below 16.",
)
def judge(server: NtpServer, expected: Expected) -> Verdict:
    """
    Passes when the server has a leap indicator other than 3, a stratum from 1 to 15 and a root
    dispersion within the site's clock limit; fails when it says it is unsynchronised, that it
    follows its own clock, or that its error is larger; does not apply to assets that are never
    probed.

    A log whose times come from a clock nobody keeps right tells no order of events.
    """
    if server.stratum == 0 and server.reference not in _STARTING:
        return inconclusive(Reason.BUSY, f"The server sent us away with code {server.reference!r}.")
    lost = server.leap == _UNSYNCHRONISED or server.stratum == 0
    if lost or server.stratum >= _STRATUM_OF_NOBODY:
        return failed(
            Reason.NOT_CONFIGURED,
            f"The server says it is not synchronised (leap {server.leap}, stratum {server.stratum}).",
        )
    if _ITSELF.fullmatch(server.reference):
        return failed(
            Reason.NOT_CONFIGURED,
            f"The server follows its own clock ({server.reference}), which nobody corrects.",
        )
    if server.root_dispersion_ms is None:
        return inconclusive(Reason.UNINTELLIGIBLE, "The server's own error could not be read.")
    error = server.root_dispersion_ms + (server.root_delay_ms or 0) // 2
    limit = expected.limits.max_clock_offset_ms
    if error > limit:
        return failed(
            Reason.DIFFERS,
            f"The server may be wrong by {error} ms, more than the {limit} ms allowed.",
        )
    return passed(
        f"Stratum {server.stratum}, synchronised to {server.reference or 'an unnamed source'}, "
        f"wrong by {error} ms at most."
    )
