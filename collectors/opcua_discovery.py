"""
Ask an OPC UA server which servers it knows.

On the wire: one TCP connection; Hello, a channel without security, FindServers, a clean close.
No session; nobody it names is spoken to, and nobody is registered.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from checks.facts.opcua import Application, OpcUaDiscovery
from collectors import opcua, opcua_keys
from collectors.errors import Unintelligible
from collectors.opcua_answers import text
from collectors.opcua_keys import APPLICATION_URI
from collectors.opcua_wire import ua
from collectors.wire import Target, Wire

MOST_APPLICATIONS = 200


async def servers(wire: Wire, target: Target) -> OpcUaDiscovery:
    """
    The answer to FindServers.

    Raises as `opcua.endpoints`; an empty answer, which names not even the server itself, is
    `Unintelligible`.
    """
    async with opcua.asking(
        wire, target, "asking which servers it knows", opcua_keys.unsecured(), APPLICATION_URI
    ) as channel:
        await channel.hello(str(target))
        await channel.open()
        request = ua.FindServersRequest()
        request.Parameters.EndpointUrl = str(target)
        found = (await channel.ask(request)).Servers or []
        if not 0 < len(found) <= MOST_APPLICATIONS:
            raise Unintelligible(target, f"it names {len(found)} servers")
        return OpcUaDiscovery(tuple(_application(each) for each in found))


def _application(told: Any) -> Application:
    return Application(
        uri=text(told.ApplicationUri),
        name=text(told.ApplicationName.Text),
        type=told.ApplicationType.name,
        hosts=tuple(dict.fromkeys(_host(text(url)) for url in told.DiscoveryUrls or [])),
    )


def _host(url: str) -> str:
    """The host of a URL; what cannot be read stays as it is, for somebody to look at."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
