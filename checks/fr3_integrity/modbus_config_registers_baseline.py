"""Do the declared registers hold what they held when somebody approved them?"""

from __future__ import annotations

from checks.check import HIGH, HINT, PART, SERVICE, SOC, check
from checks.facts.expected import Expected, ExpectedRegister
from checks.facts.modbus import ModbusRegisters, RegisterRead
from checks.facts.observation import Seen
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed


@check(
    title="Declared status registers equal the baseline",
    about=SERVICE,
    requirements={"SR 3.4": PART, "SR 7.6": PART, "SR 3.4 RE 1": HINT},
    program=("CM 1.3", "CM 1.4", "DATA 1.7"),
    severity=HIGH,
    audience=SOC,
    enables=("T0836", "T0858"),
    remedy="Compare the device with its engineering project; restore it, or approve the change.",
    by_hand="Read each declared address with modpoll or another Modbus master, and compare.",
)
def judge(looks: tuple[Seen[ModbusRegisters], ...], expected: Expected) -> Verdict:
    """
    Passes when every declared range with an expected value holds it; fails when one differs; does
    not apply where none is declared.

    A program checksum or a key switch says in two octets what a visit to the cabinet would.
    """
    declared = expected.service.registers if expected.service else ()
    wanted = [row for row in declared if row.expect]
    if not wanted:
        return not_applicable("The inventory declares no register with an expected value.")
    if not looks:
        return inconclusive(Reason.NOT_ASKED, "Nobody has asked this yet.")
    newest = looks[-1]
    if newest.facts is None:
        assert newest.reason is not None
        return inconclusive(newest.reason, newest.said)
    reads = {(read.table, read.address, len(read.values)): read for read in newest.facts.reads}
    refused = {(read.table, read.address): read for read in newest.facts.reads if read.exception}
    pairs = [(row, reads.get((row.table, row.address, len(row.expect)))) for row in wanted]
    differing = [(row, read) for row, read in pairs if read and read.values != row.expect]
    if differing:
        row, read = differing[0]
        return failed(
            Reason.DIFFERS,
            f"{_name(row)} holds {_told(read)}, not {', '.join(map(str, row.expect))}.",
            where=tuple(_where(row) for row, _ in differing),
        )
    missing = [row for row, read in pairs if read is None]
    if missing:
        no = refused.get((missing[0].table, missing[0].address))
        why = f"exception {no.exception:02X}" if no and no.exception else "nobody has read it yet"
        return inconclusive(
            Reason.DENIED if no else Reason.NOT_ASKED,
            f"{_name(missing[0])} could not be read: {why}.",
            where=tuple(_where(row) for row in missing),
        )
    return passed(f"All {len(wanted)} declared registers hold what they should.")


def _name(row: ExpectedRegister) -> str:
    return f"{_where(row)} ({row.meaning})" if row.meaning else _where(row)


def _where(row: ExpectedRegister) -> str:
    return f"{row.table} {row.address}"


def _told(read: RegisterRead) -> str:
    return ", ".join(map(str, read.values))
