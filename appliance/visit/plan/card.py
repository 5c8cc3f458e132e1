"""The plan for the shift: one printable page."""

from __future__ import annotations

from textwrap import wrap

from appliance.site.model import Site
from appliance.visit.plan.plan import Plan
from appliance.visit.plan.soc import our_addresses

WIDTH, HEIGHT = 80, 60
"""A page of A4 at ten characters to the inch."""
MOST_PEOPLE, MOST_ADDRESSES = 6, 8


def card(site: Site, plan: Plan) -> str:
    """At most `HEIGHT` lines of at most `WIDTH` characters."""
    addresses = our_addresses(plan)
    first, last = plan.source_ports
    lines = [
        f"UPHELD at {site.site.name or site.site.id}: card for the shift"[:WIDTH],
        "=" * WIDTH,
        *_wrapped(
            "This appliance looks at the security settings of controllers and network devices. "
            "It only reads."
        ),
        "",
        "OUR ADDRESSES",
        *(f"  {line}"[:WIDTH] for line in addresses[:MOST_ADDRESSES]),
        *_more(len(addresses) - MOST_ADDRESSES),
        f"  source ports {first} to {last}; {len(plan.assets)} devices are visited",
        "",
        "WHAT IT NEVER DOES",
        "  - write: no value, no setting, no program, no firmware, no test of a write",
        "  - start, stop, restart or reconfigure a device",
        "  - scan for devices, or connect to one that is not in the inventory",
        "  - speak on a port whose protocol is not declared; touch safety systems",
        "  - hold more than one connection to a device, or retry within a visit",
        "  - guess a password; one failed login ends all logins with it",
        "",
        "FOUR WAYS TO STOP IT (any one; nobody needs to be asked)",
        "  1. On the appliance:        upheld hold --site --why 'your reason'",
        "  2. A file, by any program:  touch /run/upheld/STOP",
        "                              (/etc/upheld/STOP lasts over a restart)",
        "  3. A signal or a stop:      systemctl kill -s SIGUSR1 upheld",
        "                              systemctl stop upheld",
        "  4. The network:             block our addresses at the firewall,",
        "                              or unplug the appliance",
        "  After 1 second nothing new is sent, after 3 seconds everything is closed.",
        "  To start again: upheld release --site, or remove the file; not everybody may.",
        "",
        "WHEN A DEVICE MISBEHAVES",
        *_wrapped(
            "Stop the appliance first, ask afterwards. Then save a capture if there is one: "
            "upheld verify-capture FILE.pcap explains every packet of ours or names it."
        ),
        "",
        "WHOM TO CALL",
        *_people(site),
        "",
        f"Plan {plan.digest}",
    ]
    if plan.laboratory:
        lines.insert(2, "LABORATORY: the pace limits are lifted. Not for a running plant.")
    return "\n".join(lines[:HEIGHT]) + "\n"


def _people(site: Site) -> list[str]:
    lines = []
    for person in site.people[:MOST_PEOPLE]:
        phone = person.phone or "telephone: ______________________"
        lines.append(f"  {person.id} ({person.role or 'no role'})  {phone}"[:WIDTH])
    lines += _more(len(site.people) - MOST_PEOPLE)
    blank = "  ____________________________________________________"
    return lines or ["  (nobody is named under people: in the configuration)", blank, blank]


def _more(count: int) -> list[str]:
    return [f"  and {count} more"] if count > 0 else []


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH - 2)
