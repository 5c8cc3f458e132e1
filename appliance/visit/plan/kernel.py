"""
The second guard, in the kernel, made from the inventory: it holds when the first one is broken.

nftables lets our user reach the planned targets only, and each device at twice its class's pace at
most: who stays within the first guard's limits never meets these.  A systemd drop-in lets the
unit's processes exchange packets with the planned addresses only.

Whether the loaded table is the one for this inventory is seen without privileges: it forbids our
user one loopback datagram, to a port that follows from the rules' own digest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from appliance.site.model import Site
from appliance.visit.classes import ProbingClass, class_for
from appliance.visit.plan.plan import Plan

SENTINELS = (20_000, 20_000)
"""First port, and how many: UDP on 127.0.0.1."""
MARGIN = 2
ALSO = "# Also, added by a person:"
Target = tuple[str, str, int]


@dataclass(frozen=True)
class KernelGuard:
    """
    What the kernel may let through.

    `targets` are (address, transport, port), `also` such flows that a person added (they are no
    part of the digest).  `paces` are the devices' addresses by their class's numbers.
    `left_out` names outlets that cannot be allowed, because only their name is known.
    """

    user: str
    plan_digest: str
    targets: tuple[Target, ...]
    paces: tuple[tuple[ProbingClass, tuple[str, ...]], ...]
    left_out: tuple[str, ...]
    also: tuple[Target, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the rules themselves, comments and the sentinel left out."""
        text = "\n".join(_rules(self, None))
        return sha256(text.encode()).hexdigest()

    @property
    def sentinel(self) -> int:
        """The UDP port on 127.0.0.1 that this guard, and no other, forbids our user."""
        first, count = SENTINELS
        return first + int(self.digest, 16) % count


def kernel_guard(
    site: Site, plan: Plan, *, user: str = "upheld", also: Iterable[Target] = ()
) -> KernelGuard:
    """The guard for a site.  `user` is the name or the number of the user the daemon runs as."""
    targets = {
        (asset.address, step.transport, step.port)
        for asset in plan.assets
        for step in asset.steps
        if not step.forbidden
    }
    targets |= {(o.host, o.transport, o.port) for o in plan.outside if o.literal}
    paces: dict[str, ProbingClass] = {}
    for asset in plan.assets:
        numbers = class_for(site.asset(asset.asset), laboratory=plan.laboratory)
        before = paces.get(asset.address, numbers)
        paces[asset.address] = min(before, numbers, key=lambda n: n.packets_a_second)
    grouped: dict[tuple[int, float, int], list[str]] = defaultdict(list)
    numbers_of: dict[tuple[int, float, int], ProbingClass] = {}
    for address, numbers in sorted(paces.items()):
        key = (numbers.connections_a_minute, numbers.packets_a_second, numbers.burst)
        grouped[key].append(address)
        numbers_of[key] = numbers
    return KernelGuard(
        user=user,
        plan_digest=plan.digest,
        targets=tuple(sorted(targets)),
        paces=tuple((numbers_of[key], tuple(at)) for key, at in sorted(grouped.items())),
        left_out=tuple(sorted(f"{o.why} at {o.host}" for o in plan.outside if not o.literal)),
        also=tuple(sorted(set(also))),
    )


def nft(guard: KernelGuard) -> str:
    """A file for `nft -f`; loading it replaces the table that is there in one step."""
    head = [
        "# Made by `upheld guard --format nft`; load it with nft -f.",
        f"# plan {guard.plan_digest}",
        f"# guard {guard.digest}",
        *(f"# NOT allowed, because it is a name: {name}" for name in guard.left_out),
        "table inet upheld",
        "delete table inet upheld",
    ]
    return "\n".join([*head, *_rules(guard, guard.sentinel)]) + "\n"


def drop_in(guard: KernelGuard) -> str:
    """A file for /etc/systemd/system/upheld.service.d/."""
    head = [
        "# Made by `upheld guard --format systemd`; then systemctl daemon-reload and restart.",
        f"# plan {guard.plan_digest}",
        f"# guard {guard.digest}",
        *(f"# NOT allowed, because it is a name: {name}" for name in guard.left_out),
        "# A status page that listens for others needs their addresses here too.",
    ]
    rules = ["[Service]", "IPAddressDeny=any", "IPAddressAllow=", "IPAddressAllow=localhost"]
    rules += [f"IPAddressAllow={a}" for a in sorted({a for a, _, _ in guard.targets})]
    also = [f"IPAddressAllow={a}" for a in sorted({a for a, _, _ in guard.also})]
    return "\n".join([*head, *rules, *([ALSO, *also] if also else [])]) + "\n"


def said(text: str) -> set[str]:
    """The lines of a drop-in that follow from the inventory."""
    lines = text.partition(ALSO)[0].splitlines()
    return {line for line in lines if line.strip() and not line.startswith("#")}


def _rules(guard: KernelGuard, sentinel: int | None) -> list[str]:
    also = guard.also if sentinel is not None else ()
    lines = ["table inet upheld {"]
    for version in (4, 6):
        lines += _sets(guard, version, (*guard.targets, *also))
    lines += [
        "  counter to_undeclared { }",
        "  counter too_fast { }",
        "  chain output {",
        "    type filter hook output priority filter; policy accept;",
        f'    meta skuid "{guard.user}" jump ours',
        "  }",
        "  chain ours {",
    ]
    if sentinel is not None:
        lines.append(f"    ip daddr 127.0.0.1 udp dport {sentinel} drop")
    lines += [
        "    ip daddr 127.0.0.0/8 accept",
        "    ip6 daddr ::1 accept",
        # The status page answers whoever may open it.
        "    ct direction reply accept",
        # The kernel's own neighbour questions may carry our user.
        "    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept",
        "    ip daddr . meta l4proto . th dport @allowed4 jump paced",
        "    ip6 daddr . meta l4proto . th dport @allowed6 jump paced",
        "    counter name to_undeclared drop",
        "  }",
        "  chain paced {",
    ]
    for version in (4, 6):
        for number in range(len(guard.paces)):
            lines += _meters(guard, version, number)
    return [*lines, "    accept", "  }", "}"]


def _sets(guard: KernelGuard, version: int, targets: Iterable[Target]) -> list[str]:
    kind = f"ipv{version}_addr"
    allowed = [f"{a} . {t} . {p}" for a, t, p in sorted(set(targets)) if _version(a) == version]
    lines = _set(f"allowed{version}", f"{kind} . inet_proto . inet_service", allowed)
    for number, (_, addresses) in enumerate(guard.paces):
        own = [a for a in addresses if _version(a) == version]
        if not own:
            continue
        lines += _set(f"pace{number}_{version}", kind, own)
        for what in ("connections", "packets"):
            lines.append(
                f"  set {what}{number}_{version} "
                f"{{ type {kind}; size 65536; flags dynamic, timeout; timeout 10m; }}"
            )
    return lines


def _set(name: str, kind: str, elements: list[str]) -> list[str]:
    if not elements:
        return [f"  set {name} {{ type {kind}; }}"]
    inside = ",\n      ".join(elements)
    return [f"  set {name} {{\n    type {kind};\n    elements = {{\n      {inside}\n    }}\n  }}"]


def _meters(guard: KernelGuard, version: int, number: int) -> list[str]:
    numbers, addresses = guard.paces[number]
    if not any(_version(a) == version for a in addresses):
        return []
    at = "ip daddr" if version == 4 else "ip6 daddr"
    here = f"    {at} @pace{number}_{version}"
    # A connection that nobody answers costs four SYNs in its three seconds, each new to the kernel.
    a_minute = numbers.connections_a_minute * 4 * MARGIN
    a_second, burst = int(numbers.packets_a_second * MARGIN), numbers.burst * MARGIN
    connecting = f"{at} limit rate over {a_minute}/minute burst {a_minute} packets"
    sending = f"{at} limit rate over {a_second}/second burst {burst} packets"
    first = f"tcp flags & (syn | ack) == syn update @connections{number}_{version}"
    drop = "counter name too_fast drop"
    return [
        f"{here} {first} {{ {connecting} }} {drop}",
        f"{here} update @packets{number}_{version} {{ {sending} }} {drop}",
    ]


def _version(address: str) -> int:
    return 6 if ":" in address else 4
