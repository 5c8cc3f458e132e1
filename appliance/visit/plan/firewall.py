"""The plan for who keeps the firewalls: one line a flow."""

from __future__ import annotations

from appliance.visit.plan.flows import flows
from appliance.visit.plan.plan import Plan

_HEAD = ("action", "source", "zone", "destination", "port", "why", "checks blind without it")


def firewall(plan: Plan) -> str:
    """
    Tab-separated lines below a head.

    `permit` wants a rule.  `stays denied` wants none: such attempts are made on purpose, to see
    that they fail, and will be in the firewall's log.
    """
    lines = [f"# {plan.site}: plan {plan.digest}", "\t".join(_HEAD)]
    lines += [
        "\t".join(
            (
                flow.action,
                flow.source,
                flow.zone or "-",
                ",".join(flow.destinations),
                f"{flow.transport}/{flow.port}",
                flow.why,
                ",".join(flow.blind) or "-",
            )
        )
        for flow in flows(plan)
    ]
    return "\n".join(lines) + "\n"
