"""The anchors a configuration names, and the outlets that are anchors by what they do anyway."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from functools import partial

from appliance.anchoring.anchor import Anchor
from appliance.anchoring.handed import Handed, HandedAnchor
from appliance.anchoring.http import Server
from appliance.anchoring.retained import RetainedAnchor
from appliance.anchoring.tsa import TsaAnchor
from appliance.anchoring.witness import WitnessAnchor
from appliance.ledger.anchors.cosignature import Witness
from appliance.ledger.errors import NoteError
from appliance.ledger.store import Store
from appliance.outlets.broker import Broker
from appliance.site import model
from appliance.site.model import Site
from appliance.site.problems import Problem, SiteError
from appliance.site.secrets import SecretError, Secrets

OUTLETS_EVERY = 300.0
"""Seconds between two looks at what the outlets got out."""


def anchors(
    site: Site,
    secrets: Secrets,
    store: Store,
    *,
    handed: Callable[[str], Handed | None] = lambda _: None,
    looked: Callable[[], None] = lambda: None,
) -> Sequence[Anchor]:
    """
    `handed` gives what a SOC took; `looked` is called when the broker's retained head was read.

    Raises `SiteError` for a key, a CA or roots of no use; connects to nobody.
    """
    found: list[Anchor] = []
    mqtt = site.outlets.mqtt
    if mqtt is not None:
        broker = partial(Broker.stated, site, mqtt, secrets)
        found.append(
            RetainedAnchor(site.site.id, site.appliance.id, broker, OUTLETS_EVERY, store, looked)
        )
    for n in range(1, len(site.outlets.soc) + 1):
        name = f"soc-{n}"
        found.append(HandedAnchor(name, partial(handed, name), OUTLETS_EVERY))
    return [*found, *(_stated(anchor, secrets, store) for anchor in site.anchors)]


def _stated(stated: model.Anchor, secrets: Secrets, store: Store) -> Anchor:
    every = stated.every.total_seconds()
    try:
        server = Server.stated(stated.url, stated.ca, secrets)
        if isinstance(stated, model.TsaAnchor):
            return TsaAnchor(stated.id, server, secrets.bytes(stated.roots), every, store)
        return WitnessAnchor(stated.id, server, Witness.parse(stated.key), every, store)
    except (SecretError, ssl.SSLError, NoteError) as error:
        write = "the line of witness.vkey, and PEM files that upheld may read"
        raise SiteError([Problem(f"anchors.{stated.id}", 0, str(error), write)]) from error
