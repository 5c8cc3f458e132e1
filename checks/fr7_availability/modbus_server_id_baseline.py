"""Does the device still say who it is, and that it runs?"""

from __future__ import annotations

from checks.check import ENGINEERING, MEDIUM, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.modbus import ModbusServerId
from checks.facts.observation import Seen
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_RUNS = {True: "runs", False: "does not run", None: "says neither that it runs nor that not"}


@check(
    title="Server id and run indicator equal the inventory",
    about=SERVICE,
    requirements={"SR 7.8": PART, "SR 3.4": PART},
    program=("CM 1.1",),
    severity=MEDIUM,
    audience=ENGINEERING,
    enables=("T0858",),
    remedy="Find out who changed or stopped the controller; approve the change in the inventory.",
    by_hand="Send function 17 to {address}:{port} with a Modbus master, where the manual permits "
    "it, and compare with expect: server_id in the inventory.",
)
def judge(looks: tuple[Seen[ModbusServerId], ...], expected: Expected) -> Verdict:
    """
    Passes when the id is the recorded one and the device runs or not as recorded; fails when one
    differs; does not apply where the inventory records none.

    A controller that was stopped or exchanged says so here before the process does.
    """
    wanted = expected.asset.server_id if expected.asset else None
    if wanted is None:
        return not_applicable("The inventory records no server id.")
    if not looks:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    newest = looks[-1]
    seen = newest.facts
    if seen is None:
        assert newest.reason is not None
        return inconclusive(newest.reason, newest.said)
    if seen.exception is not None:
        return inconclusive(
            Reason.DENIED, f"The device refused function 17 with exception {seen.exception:02X}."
        )
    if seen.id != wanted.id:
        return failed(Reason.DIFFERS, f"The server id is {seen.id}, not {wanted.id}.")
    if wanted.running is not None and seen.running is None:
        return inconclusive(Reason.NOT_COMPARABLE, f"The device {_RUNS[None]}.")
    if wanted.running is not None and seen.running is not wanted.running:
        return failed(
            Reason.DIFFERS,
            f"The device {_RUNS[seen.running]}; recorded is that it {_RUNS[wanted.running]}.",
        )
    return passed(f"The server id is {seen.id}, as recorded, and the device {_RUNS[seen.running]}.")
