"""The plan for a terminal: a table of the assets, and each asset's questions."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from appliance.visit.plan.latency import Latency
from appliance.visit.plan.plan import AssetPlan, Plan
from appliance.visit.plan.words import at, lasting


def table(plan: Plan) -> Group:
    """Everything, the overview first."""
    parts: list[RenderableType] = [_overview(plan)]
    for asset in plan.assets:
        parts += [_questions(asset), *(Text(f"  ! {line}", "yellow") for line in asset.over)]
        parts.append(_latencies(asset.asset, asset.latencies))
    parts.append(_latencies(plan.site, plan.latencies))
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


def _questions(asset: AssetPlan) -> Table:
    shown = Table(title=f"{asset.asset} ({asset.address})", title_justify="left")
    for column in ("question", "from", "to", "every", "sends", "packets", "octets"):
        shown.add_column(column, overflow="fold")
    alike: dict[tuple[str, ...], list[str]] = {}
    for step in asset.steps:
        sends = "; ".join(f"{p.most} x {p.name}" for p in step.pdus)
        sends = step.forbidden or sends or "connects, sends nothing, closes"
        source, every = step.source or step.vantage, lasting(step.spacing)
        row = (step.question, source, every, sends, str(step.packets), str(step.octets))
        alike.setdefault(row, []).append(f"{step.transport}/{step.port}")
    for (question, source, every, sends, packets, octets), ports in alike.items():
        shown.add_row(question, source, ", ".join(ports), every, sends, packets, octets)
    return shown


def _latencies(name: str, rows: tuple[Latency, ...]) -> Table:
    shown = Table(title=f"{name}: from drift to alert at worst", title_justify="left")
    for column in ("subject", "check", "worst case"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        worst = f"never seen: {row.why}" if row.seconds is None else lasting(row.seconds)
        shown.add_row(row.subject, row.check, worst)
    return shown
