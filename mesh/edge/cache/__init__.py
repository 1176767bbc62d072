"""The cache in front of Envoy: nginx, configured from the contracts, and the process that runs it."""

from mesh.edge.cache.access_log import tally_codes
from mesh.edge.cache.log_files import LogFiles
from mesh.edge.cache.nginx import NginxDiedError
from mesh.edge.cache.process import CacheProcess
from mesh.edge.cache.routes import CachedRoute, cached_routes
from mesh.edge.cache.settings import CacheSettings
from mesh.edge.cache.tally import Tally

__all__ = [
    "CacheProcess",
    "CacheSettings",
    "CachedRoute",
    "LogFiles",
    "NginxDiedError",
    "Tally",
    "cached_routes",
    "tally_codes",
]
