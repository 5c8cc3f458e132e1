"""May somebody without that task exchange the server's certificates?"""

from __future__ import annotations

from checks.check import HIGH, PART, SERVICE, SOC, check
from checks.facts.opcua import OpcUaRights
from checks.facts.verdict import Reason, Verdict, failed, inconclusive, not_applicable, passed

_NAMES = {"i=13737": "UpdateCertificate", "i=12740": "ApplyChanges"}


@check(
    title="Certificate management of the server is not open",
    about=SERVICE,
    requirements={"SR 1.5": PART, "SR 3.4": PART},
    program=("DATA 1.6", "CM 1.3"),
    severity=HIGH,
    audience=SOC,
    enables=("T0892",),
    remedy="Finish the application setup, and let only the SecurityAdmin role call the methods of "
    "ServerConfiguration.",
    by_hand="In UaExpert look at ServerConfiguration of {address}:{port}: UserExecutable of "
    "UpdateCertificate and ApplyChanges must be false, and so must InApplicationSetup.",
)
def judge(rights: OpcUaRights) -> Verdict:
    """
    Passes when our login may call neither method of certificate management and the server is not
    in application setup; fails when it may, or when it is; does not apply to servers without
    certificate management.

    Whoever may exchange certificates decides whom the server trusts.
    """
    open_ = tuple(one.node for one in rights.push_methods if one.executable)
    if open_:
        return failed(
            Reason.UNPROTECTED,
            f"Our login may call {' and '.join(_NAMES.get(node, node) for node in open_)}.",
            where=open_,
        )
    if rights.in_application_setup:
        return failed(Reason.NOT_CONFIGURED, "The server is still in application setup.")
    if not rights.push_methods:
        return not_applicable("The server has no certificate management.")
    unread = tuple(one.node for one in rights.push_methods if one.executable is None)
    setup = tuple(line for line in rights.unreadable if line.startswith("in application setup"))
    if unread or setup:
        return inconclusive(
            Reason.DENIED,
            "Whether certificate management is open could not be read.",
            where=unread + setup,
        )
    return passed("Our login may not manage certificates, and the server is not in setup.")
