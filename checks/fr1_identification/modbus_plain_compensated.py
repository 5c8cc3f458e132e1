"""Is a device that speaks plain Modbus protected by something else?"""

from __future__ import annotations

from checks.check import HIGH, PART, PROGRAMME, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.modbus import ModbusIdentity
from checks.facts.verdict import Reason, Verdict, failed, not_applicable


@check(
    title="A device speaking plain Modbus has a compensating measure",
    about=SERVICE,
    requirements={"SR 1.2": PART, "SR 2.1 RE 1": PART, "SR 3.1": PART, "SR 3.1 RE 1": PART},
    program=("COMP 1.1", "NET 1.6"),
    severity=HIGH,
    audience=PROGRAMME,
    enables=("T1692.001",),
    remedy="Segment it, filter function codes or replace it, and record the measure.",
    by_hand="Ask {address}:{port} for its identification with any Modbus master: it answers "
    "whoever asks.",
)
def judge(answer: ModbusIdentity, expected: Expected) -> Verdict:
    """
    Passes when a measure on record stands for it, which no record can do yet; fails when the
    device answers in plain Modbus; does not apply to Modbus over TLS.

    Plain Modbus cannot meet these requirements by itself.  A measure makes the state
    "compensated"; it does not change what the wire shows.
    """
    if expected.service is not None and expected.service.protocol == "modbus-tls":
        return not_applicable("This service speaks Modbus over TLS.")
    return failed(
        Reason.UNPROTECTED,
        f"Unit {answer.unit} answers in plain Modbus, which knows neither users nor integrity.",
    )
