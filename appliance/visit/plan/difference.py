"""What a new configuration changes in what is sent, one line each."""

from __future__ import annotations

from appliance.visit.plan.plan import AssetPlan, Plan
from appliance.visit.plan.step import Step

_Key = tuple[str, str, str, int, str]


def difference(before: Plan, after: Plan) -> tuple[str, ...]:
    """Added and removed questions, and changed bounds; empty when the same is sent."""
    old, new = ({a.asset: a for a in plan.assets} for plan in (before, after))
    lines = [f"- {name}: not visited any more" for name in sorted(old.keys() - new.keys())]
    for name, asset in sorted(new.items()):
        lines += _asset(old[name], asset) if name in old else [_added(asset)]
    gone = set(before.outside) - set(after.outside)
    come = set(after.outside) - set(before.outside)
    lines += sorted(f"- {o.transport}/{o.host}:{o.port}: {o.why}" for o in gone)
    lines += sorted(f"+ {o.transport}/{o.host}:{o.port}: {o.why}" for o in come)
    if before.laboratory != after.laboratory:
        lines.append(f"~ laboratory: {before.laboratory} becomes {after.laboratory}")
    return tuple(lines)


def _added(asset: AssetPlan) -> str:
    return (
        f"+ {asset.asset}: {len(_sent(asset))} questions to {asset.address}, "
        f"at most {asset.day.packets} packets a day"
    )


def _asset(before: AssetPlan, after: AssetPlan) -> list[str]:
    old, new = _sent(before), _sent(after)
    name = after.asset
    lines = [f"- {name}: {_said(old[key])}" for key in sorted(old.keys() - new.keys())]
    lines += [f"+ {name}: {_said(new[key])}" for key in sorted(new.keys() - old.keys())]
    for key in sorted(old.keys() & new.keys()):
        if old[key] != new[key]:
            lines.append(f"~ {name}: {_said(new[key])}, was {_bounds(old[key])}")
    for what, was, becomes in (
        ("address", before.address, after.address),
        ("seconds between visits", before.every, after.every),
        ("packets a visit", before.visit.packets, after.visit.packets),
        ("packets a day", before.day.packets, after.day.packets),
        ("limit of its class a visit", before.sweep_limit, after.sweep_limit),
        ("limit of its class a day", before.day_limit, after.day_limit),
    ):
        if was != becomes:
            lines.append(f"~ {name}: {what} {was} becomes {becomes}")
    return lines


def _sent(asset: AssetPlan) -> dict[_Key, Step]:
    return {
        (s.source or s.vantage, asset.address, s.transport, s.port, s.question): s
        for s in asset.steps
        if not s.forbidden
    }


def _said(step: Step) -> str:
    source = step.source or step.vantage
    return (
        f"{step.question} from {source} to {step.transport}/{step.port} every {step.spacing} s, "
        f"{_bounds(step)}"
    )


def _bounds(step: Step) -> str:
    return f"at most {step.packets} packets and {step.octets} octets"
