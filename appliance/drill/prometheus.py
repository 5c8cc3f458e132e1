"""Asks a Prometheus whether the rule of this drill fires, by its own HTTP API."""

from __future__ import annotations

import asyncio
import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from appliance.site.drills import DrillPlan
from appliance.site.secrets import SecretError, Secrets

TIMEOUT_SECONDS = 5.0
MOST_OCTETS = 16 * 1024 * 1024


class NoWord(Exception):
    """Prometheus gave no answer of use: the text says why."""


async def alert_state(plan: DrillPlan, secrets: Secrets, code: str) -> str:
    """`firing`, `pending`, or empty when no rule has noticed.  Raises `NoWord`."""
    return await asyncio.to_thread(_alert_state, plan, secrets, code)


def _alert_state(plan: DrillPlan, secrets: Secrets, code: str) -> str:
    url = f"{(plan.prometheus or '').rstrip('/')}/api/v1/alerts"
    try:
        answer = json.loads(_fetched(url, _context(plan, secrets)))
        states = {a["state"] for a in answer["data"]["alerts"] if _is_ours(a, code)}
    except (OSError, SecretError, ssl.SSLError) as error:
        why = error.reason if isinstance(error, urllib.error.URLError) else error
        raise NoWord(f"{url}: {why}") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NoWord(f"{url}: the answer is not Prometheus' list of alerts") from error
    return next((s for s in ("firing", "pending") if s in states), "")


def _is_ours(alert: Any, code: str) -> bool:
    labels = alert["labels"]
    return bool(labels.get("drill") == "true" and labels.get("code") == code)


def _fetched(url: str, context: ssl.SSLContext | None) -> bytes:
    # No proxy of the environment: what is asked here stands in the plant.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        *([urllib.request.HTTPSHandler(context=context)] if context else []),
    )
    with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
        found: bytes = answer.read(MOST_OCTETS)
    return found


def _context(plan: DrillPlan, secrets: Secrets) -> ssl.SSLContext | None:
    if not (plan.prometheus or "").startswith("https:"):
        return None
    authority = secrets.bytes(plan.prometheus_ca).decode() if plan.prometheus_ca else None
    return ssl.create_default_context(cadata=authority)
