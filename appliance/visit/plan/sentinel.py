"""
Whether the kernel's guard is loaded, and is the one for this inventory.

The only socket of this room: it speaks to our own loopback address, never to a device.
"""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from appliance.site.model import Site
from appliance.visit.plan.kernel import SENTINELS, drop_in, kernel_guard, said
from appliance.visit.plan.plan import plan

LOOPBACK = "127.0.0.1"
DROP_IN = Path("/etc/systemd/system/upheld.service.d/inventory.conf")
_MEND = "run `upheld guard --format nft | nft -f -` as root, and start again"


def matches(site: Site, *, user: str = "upheld", installed: Path = DROP_IN) -> str | None:
    """
    Why the kernel's guard does not match this site, or None when it does.

    `user` is who the daemon runs as, in the word the guard was made with; `installed` is the
    drop-in, which is compared when it is there and may be read.
    """
    guard = kernel_guard(site, plan(site), user=user)
    first, count = SENTINELS
    another = first + (guard.sentinel - first + 1) % count
    if _forbidden(another):
        return (
            "this machine forbids every loopback datagram, so the kernel's guard cannot be told "
            "from that; allow UDP on 127.0.0.1"
        )
    if not _forbidden(guard.sentinel):
        return (
            f"no nftables table for this inventory is loaded (guard {guard.digest[:12]}); {_MEND}"
        )
    try:
        text = installed.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        # Not ours to read: the packet filter, which was just seen at work, is the stricter one.
        return None
    missing = said(drop_in(guard)) - said(text)
    more = said(text) - said(drop_in(guard))
    if missing or more:
        odd = min(missing or more)
        what = "does not have" if missing else "has, and should not have,"
        return (
            f"{installed} is not for this inventory, it {what} {odd}; write it anew with "
            "`upheld guard --format systemd`, then systemctl daemon-reload"
        )
    return None


def _forbidden(port: int) -> bool:
    """Whether the packet filter lets no datagram of ours to this port of our own loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.sendto(b"", (LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                return True
            if error.errno == errno.ECONNREFUSED:
                return False
            raise
    return False
