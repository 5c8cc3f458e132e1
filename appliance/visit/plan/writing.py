"""The plan in each of its forms, by name."""

from __future__ import annotations

import json
from enum import StrEnum

from appliance.site.model import Site
from appliance.visit.plan.card import card
from appliance.visit.plan.firewall import firewall
from appliance.visit.plan.plan import Plan
from appliance.visit.plan.soc import soc


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    FIREWALL = "firewall"
    SOC = "soc"
    CARD = "card"


def written(site: Site, plan: Plan, form: Form) -> str:
    """Every form but the table, which a terminal draws."""
    match form:
        case Form.FIREWALL:
            return firewall(plan)
        case Form.SOC:
            return soc(plan)
        case Form.CARD:
            return card(site, plan)
        case _:
            return json.dumps({"digest": plan.digest, **plan.plain}, indent=2, ensure_ascii=False)
