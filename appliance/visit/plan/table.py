"""
The plan for a terminal: a table of the assets, and each asset's questions.

Assets that are asked alike share their tables, which also keeps a large plan readable.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from appliance.visit.plan.latency import Latency
from appliance.visit.plan.plan import AssetPlan, Plan
from appliance.visit.plan.words import at, lasting


def table(plan: Plan) -> Group:
    """Everything, the overview first."""
    parts: list[RenderableType] = [_overview(plan)]
    for alike, rows in _alike(plan.assets).items():
        name = ", ".join(f"{asset.asset} ({asset.address})" for asset in rows)
        parts += [_questions(name, alike.questions), *(_warned(line) for line in alike.over)]
        parts.append(_latencies(name, alike.latencies))
    parts.append(_latencies(plan.site, tuple(_worst(row) for row in plan.latencies)))
    if plan.untouched:
        parts.append(Text(f"Never touched: {', '.join(plan.untouched)}"))
    if plan.laboratory:
        parts.append(Text("LABORATORY: the pace limits are lifted.", "bold yellow"))
    parts.append(Text(f"Plan {plan.digest}"))
    return Group(*parts)


def _overview(plan: Plan) -> Table:
    shown = Table(title=f"{plan.site}: what 24 hours send at most", title_justify="left")
    for column in ("asset", "class", "turns (UTC)", "a visit", "a day", "closed ports take"):
        shown.add_column(column, overflow="fold")
    for asset in plan.assets:
        shown.add_row(
            asset.asset,
            asset.probing,
            at(asset.phase, asset.every),
            f"{asset.visit.packets} packets of {asset.sweep_limit}, {lasting(asset.seconds)}",
            f"{asset.day.packets} packets of {asset.day_limit}, {asset.day.octets} octets",
            lasting(asset.rotation) if asset.rotation else "none",
        )
    return shown


@dataclass(frozen=True)
class _Alike:
    """All that is shown of an asset but its name and address, as the rows of its tables."""

    questions: tuple[tuple[str, ...], ...]
    over: tuple[str, ...]
    latencies: tuple[tuple[str, ...], ...]


def _alike(assets: Iterable[AssetPlan]) -> dict[_Alike, list[AssetPlan]]:
    found: dict[_Alike, list[AssetPlan]] = {}
    for asset in assets:
        latencies = tuple(_worst(row, asset.asset) for row in asset.latencies)
        found.setdefault(_Alike(_asked(asset), asset.over, latencies), []).append(asset)
    return found


def _asked(asset: AssetPlan) -> tuple[tuple[str, ...], ...]:
    alike: dict[tuple[str, ...], list[str]] = {}
    for step in asset.steps:
        sends = "; ".join(f"{p.most} x {p.name}" for p in step.pdus)
        sends = step.forbidden or sends or "connects, sends nothing, closes"
        source, every = step.source or step.vantage, lasting(step.spacing)
        row = (step.question, source, every, sends, str(step.packets), str(step.octets))
        alike.setdefault(row, []).append(f"{step.transport}/{step.port}")
    return tuple(
        (question, source, ", ".join(ports), *rest)
        for (question, source, *rest), ports in alike.items()
    )


def _worst(row: Latency, asset: str = "") -> tuple[str, ...]:
    """A row; the subject without the asset's name where one is given."""
    subject = row.subject.removeprefix(asset).removeprefix(".") if asset else row.subject
    worst = f"never seen: {row.why}" if row.seconds is None else lasting(row.seconds)
    return (subject or "the asset", row.check, worst)


def _questions(name: str, rows: Iterable[tuple[str, ...]]) -> Table:
    shown = Table(title=name, title_justify="left")
    for column in ("question", "from", "to", "every", "sends", "packets", "octets"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def _latencies(name: str, rows: Iterable[tuple[str, ...]]) -> Table:
    shown = Table(title=f"{name}: from drift to alert at worst", title_justify="left")
    for column in ("subject", "check", "worst case"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def _warned(line: str) -> Text:
    return Text(f"  ! {line}", "yellow")
