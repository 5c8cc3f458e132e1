"""
Tables of an SNMP agent, read in a loop that ends whatever the agent says.

One column at a time, by GetBulk of 20 rows where the target permits it, else by GetNext.  All
walks of one question share one allowance of rows; names must grow, so an agent that goes round in
circles is cut at the first step back.  By GetNext no end is proven.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from collectors.allowed.snmp import MOST_REPETITIONS
from collectors.errors import Unintelligible
from collectors.snmp_client import Agent, Value
from collectors.wire import Target

MOST_ROWS = 4_096


@dataclass(frozen=True)
class Column:
    """
    Instance (the arcs behind the column's OID) and value of each row.

    `whole`: the agent went on to another column, or showed no row at all.  Otherwise the allowance
    ended it, or the agent stopped in a way that may have been an error: some may be missing.
    """

    rows: dict[tuple[int, ...], Value]
    whole: bool


@dataclass
class Walker:
    """
    Reads columns of one agent while its allowance lasts.

    `packets` is how many questions may be asked in all, `rows` how many rows kept.
    """

    agent: Agent
    bulk: bool
    packets: int
    rows: int = MOST_ROWS
    _spoke_at: object = None

    async def column(self, oid: str, doing: str) -> Column:
        """Raises `Unintelligible` for names that do not grow, and what the agent raises."""
        found: dict[tuple[int, ...], Value] = {}
        if not self._may_ask():
            return Column(found, whole=False)
        last: tuple[int, ...] = ()
        proven = False
        async for row in self._rows(oid, doing):
            if row is None:
                proven = True
                break
            instance, value = row
            if instance <= last:
                raise Unintelligible(
                    self.agent.target,
                    f"its table goes back from {_dotted(last)} to {_dotted(instance)}",
                    doing,
                )
            last, found[instance] = instance, value
            self.rows -= 1
            self._account()
            if not self._may_ask():
                return Column(found, whole=False)
        self._account()
        return Column(found, whole=proven or not found)

    async def _rows(
        self, oid: str, doing: str
    ) -> AsyncIterator[tuple[tuple[int, ...], Value] | None]:
        rows = (
            self.agent.bulk(oid, doing, repetitions=MOST_REPETITIONS)
            if self.bulk
            else self.agent.column(oid, doing)
        )
        async for row in rows:
            yield None if row is None else (_arcs(self.agent.target, row[0], doing), row[1])

    def _account(self) -> None:
        """One packet for every question that has left since the last row."""
        if self.agent.spoke_at != self._spoke_at:
            self._spoke_at = self.agent.spoke_at
            self.packets -= 1

    async def columns(self, oids: dict[str, str], doing: str) -> dict[str, Column]:
        """Several columns by the names the caller gives them."""
        return {name: await self.column(oid, doing) for name, oid in oids.items()}

    def _may_ask(self) -> bool:
        return self.packets > 0 and self.rows > 0


def _arcs(target: Target, instance: str, doing: str) -> tuple[int, ...]:
    try:
        return tuple(int(arc) for arc in instance.split("."))
    except ValueError:
        raise Unintelligible(target, f"{instance} is not in its own table", doing) from None


def _dotted(arcs: tuple[int, ...]) -> str:
    return ".".join(map(str, arcs)) or "the beginning"
