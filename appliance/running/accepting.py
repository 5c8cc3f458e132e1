"""Whether a configuration may be run at all, or taken up while another one runs."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress

from appliance.site.loading import Loaded
from appliance.site.model import Site
from appliance.site.problems import Problem, SiteError
from appliance.visit.plan.sentinel import matches


def guarded_by_the_kernel(site: Site) -> None:
    """Raises `SiteError` in production when the kernel's own guard is not for this inventory."""
    if site.site.laboratory:
        return
    # The guard names its user by name or by number; it binds us only when it means us.
    whys = [matches(site, user=user) for user in _ourselves()]
    if None not in whys:
        why = whys[0]
        found = f"the kernel's guard does not match: {why}"
        write = "that, or laboratory: true where nothing real is connected"
        raise SiteError([Problem("site", 0, found, write)])


def _ourselves() -> tuple[str, ...]:
    with suppress(KeyError):
        return (pwd.getpwuid(os.geteuid()).pw_name, str(os.geteuid()))
    return (str(os.geteuid()),)


def same_appliance(old: Loaded, new: Loaded) -> None:
    """Raises `SiteError` for a change that wants a restart."""
    for what, before, after in (
        ("site.id", old.site.site.id, new.site.site.id),
        ("appliance.id", old.site.appliance.id, new.site.appliance.id),
        ("appliance.state_dir", old.site.appliance.state_dir, new.site.appliance.state_dir),
        ("appliance.web.listen", old.site.appliance.web.listen, new.site.appliance.web.listen),
        ("appliance.web.certificate", _certified(old), _certified(new)),
    ):
        if before != after:
            found = f"{what} changed from {before} to {after}"
            raise SiteError([Problem("site", 0, found, f"{before}, or restart upheld")])


def _certified(loaded: Loaded) -> str:
    return "none" if loaded.site.appliance.web.certificate is None else "one"
