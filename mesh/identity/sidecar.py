"""Who calls when a sidecar mesh does TLS: the identity that the sidecar vouches for, on this machine's own loopback.

Linkerd's proxy sets `l5d-client-id` on every request that came over its mTLS and takes off what a caller wrote there.
Istio's Envoy appends an element to `x-forwarded-client-cert` and drops the header where there was no mTLS. Both reach
the application from the pod itself. From anywhere else the headers are a stranger's claim.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Sidecar", "Vouching"]

_WORKLOAD = "{workload}"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# The elements of Envoy's header and their fields: what stands within quotes is part of a value.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_FIELD = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*")+')


class Sidecar(StrEnum):
    """Which mesh does TLS in our place."""

    LINKERD = "linkerd"
    ISTIO = "istio"


@dataclass(frozen=True, slots=True)
class Vouching:
    """Reads a workload's name from what the sidecar says.

    Args:
        pattern: an identity of the mesh with `{workload}` where the workload's name stands.
        own_address: the pod's address, from which Linkerd's proxy calls; empty where that is the loopback.
    """

    sidecar: Sidecar
    pattern: str
    own_address: str = ""
    _around: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        before, found, after = self.pattern.partition(_WORKLOAD)
        if not found or not before + after:
            raise ValueError(f"the identity of a sidecar mesh needs {_WORKLOAD} and something around it")
        object.__setattr__(self, "_around", (before, after))

    def workload(self, metadata: Mapping[str, str], peer: str) -> str:
        """The workload that calls, "" if nobody vouches for one.

        Args:
            peer: the IP address of the other end of the connection.
        """
        return self._named(self._claimed(metadata)) if self._is_local(peer) else ""

    def _claimed(self, metadata: Mapping[str, str]) -> str:
        if self.sidecar is Sidecar.LINKERD:
            return metadata.get("l5d-client-id", "").strip()
        # The last element is our own sidecar's; those before it are what callers sent.
        elements = _ELEMENT.findall(metadata.get("x-forwarded-client-cert", ""))
        fields = [each.strip().partition("=") for each in _FIELD.findall(elements[-1])] if elements else []
        uris = [value.strip('"') for key, _, value in fields if key.lower() == "uri"]
        # A certificate that claims to be two workloads is none of ours.
        return uris[0] if len(uris) == 1 else ""

    def _named(self, identity: str) -> str:
        before, after = self._around
        if len(identity) <= len(before) + len(after) or not identity.startswith(before) or not identity.endswith(after):
            return ""
        name = identity[len(before) : len(identity) - len(after)]
        return name if _NAME.fullmatch(name) else ""

    def _is_local(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return address.is_loopback or (bool(self.own_address) and address == ipaddress.ip_address(self.own_address))
