"""Bounds of the whole process. Envoy's threat model does not call its defaults safe for availability."""

from mesh.edge.settings import EdgeSettings
from mesh.edge.typed import Config, extension

__all__ = ["overload_manager"]

_HEAP = "envoy.resource_monitors.fixed_heap"


def overload_manager(settings: EdgeSettings) -> Config:
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            extension(
                _HEAP,
                "extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                max_heap_size_bytes=settings.max_heap_bytes,
            ),
            extension(
                "envoy.resource_monitors.global_downstream_max_connections",
                "extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                max_active_downstream_connections=settings.max_connections,
            ),
        ],
        "actions": [
            {
                "name": "envoy.overload_actions.stop_accepting_requests",
                "triggers": [{"name": _HEAP, "threshold": {"value": 0.98}}],
            }
        ],
    }
