"""The public edge: Envoy, configured from the contracts, and the process that runs it."""

from mesh.edge.configuration import write_configuration
from mesh.edge.process import EnvoyProcess
from mesh.edge.render import render
from mesh.edge.settings import EdgeSettings
from mesh.edge.village import EdgeService, Identity, Upstream, Village

__all__ = [
    "EdgeService",
    "EdgeSettings",
    "EnvoyProcess",
    "Identity",
    "Upstream",
    "Village",
    "render",
    "write_configuration",
]
