"""May the account we log in with change anything?"""

from __future__ import annotations

from checks.check import ENGINEERING, HIGH, PART, SERVICE, check
from checks.facts.expected import Expected
from checks.facts.opcua import OpcUaRights, OpcUaServer
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed
from checks.opcua_permissions import changing

# OPC 10000-3, 8.57: AccessLevelType: CurrentWrite, HistoryWrite, StatusWrite, TimestampWrite.
_WRITES = 0x02 | 0x08 | 0x20 | 0x40


@check(
    title="The account Upheld logs in with cannot change anything",
    about=SERVICE,
    requirements={"SR 2.1": PART, "SR 2.1 RE 1": PART},
    program=("USER 1.5",),
    severity=HIGH,
    audience=ENGINEERING,
    enables=("T0836", "T0859"),
    remedy="Give the account of Upheld a role that may browse and read, and nothing else.",
    by_hand="In UaExpert connect to {address}:{port} as the monitoring account and look at "
    "UserAccessLevel and UserExecutable: neither may permit a change.  Do not write or call.",
)
def judge(server: OpcUaServer, rights: OpcUaRights | None, expected: Expected) -> Verdict:
    """
    Passes when the server says of every declared variable and method that our login may not
    change or call it; fails when it may change or call one; does not apply where we use no login.

    It protects the site from this appliance: whoever takes it over has what its account has.
    """
    if server.identity == "anonymous":
        return not_applicable("Upheld has no account on this server.")
    found = [v.node for v in server.variables if (v.user_access or 0) & _WRITES]
    methods = (*rights.methods, *rights.push_methods) if rights else ()
    found += [one.node for one in methods if one.executable]
    found += [row.node for row in changing((rights.own_permissions or ()) if rights else ())]
    if where := tuple(dict.fromkeys(found)):
        return failed(
            Reason.WRITABLE, f"Our own login may change or call {', '.join(where)}.", where=where
        )
    service = expected.service
    variables, declared = (service.variables, service.methods) if service else ((), ())
    if not variables and not declared:
        return inconclusive(
            Reason.NOT_COMPARABLE, "The inventory declares no variables or methods to look at."
        )
    if rights is None:
        return inconclusive(Reason.NOT_ASKED, "Nobody has read yet what our login may call.")
    known = {v.node for v in server.variables if v.user_access is not None}
    known |= {one.node for one in methods if one.executable is not None}
    unread = tuple(node for node in (*variables, *declared) if node not in known)
    unread += tuple(one.node for one in rights.push_methods if one.executable is None)
    if unread:
        return inconclusive(
            Reason.DENIED, f"What our login may do could not be read of {unread[0]}.", where=unread
        )
    return passed(
        f"Our own login may change none of {len(variables)} variables and call none of "
        f"{len(declared) + len(rights.push_methods)} methods."
    )
