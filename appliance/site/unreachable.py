"""Ports that a configuration names to be connected to and that are never connected to."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.site.problems import Problem, shown
from appliance.site.scalars import ControlHost, Port
from appliance.site.yamltree import Tree
from collectors.allowed import never_connect


def problems(root: Tree) -> Iterator[Problem]:
    """Services and control hosts on the built-in never-connect list."""
    for key in ("assets", "types"):
        for holder in root.items(key):
            for service in holder.items("services"):
                yield from _problem(service.get("port"), "port")
    if (appliance := root.get("appliance")) is not None:
        for host in appliance.items("control"):
            yield from _problem(host, "control")


def _problem(stated: Tree | None, key: str) -> Iterator[Problem]:
    if stated is None or not isinstance(stated.value, str):
        return
    try:
        read = Port.parse if key == "port" else ControlHost.parse
        found = read(stated.value)
    except ValueError:
        # What is wrong in itself is told elsewhere.
        return
    port = found.port if isinstance(found, ControlHost) else found
    if why := never_connect(port.transport, port.number):
        what = f"{key}: {shown(stated.value)}, on the built-in never-connect list ({why})"
        yield stated.problem(what, "another port, or leave it out: Upheld never connects to it")
