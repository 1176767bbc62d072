"""Whether a call was HTTP with JSON before it was gRPC."""

from mesh.call import Call

__all__ = ["EDGE", "is_rest"]

EDGE = "edge"
_TRANSCODED = "x-envoy-original-path"


def is_rest(call: Call) -> bool:
    """The transcoder leaves a call's REST path in a header. Only the edge is believed, which takes such a header off
    what comes in."""
    return call.caller.workload == EDGE and _TRANSCODED in call.metadata
