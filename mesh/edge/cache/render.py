"""nginx's whole configuration, from the contracts and a few settings."""

import grp
import math
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh.edge.cache.access_log import log_formats
from mesh.edge.cache.decisions import decisions
from mesh.edge.cache.fetch import fetch_server
from mesh.edge.cache.front import front_server
from mesh.edge.cache.routes import CachedRoute
from mesh.edge.cache.settings import CacheSettings
from mesh.edge.settings import EdgeSettings

__all__ = ["Places", "render"]

_KEYS_IN_MEBIBYTE = 8_000  # nginx's own figure for `keys_zone`
_MEMORY = """
    # The C library of nginx's wheel (musl) gives a second block of one size, and any that is larger than 26 kB, back to
    # the system at once: more work than all else in a hit. So what a request needs is one block, and no block is large.
    request_pool_size 16k;
    output_buffers 2 24k;
    # A kept answer is small: read and sent with its headers it is one packet; sent as a file it is two.
    sendfile off;"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one nginx finds and leaves things. Sockets are relative to its working directory, because a socket's path
    may have 107 bytes only.

    Attributes:
        listen: `host:port` of the sockets that it inherits, one a worker.
        fetch: the socket of `fetch_server`, inherited too.
        upstream: Envoy's socket.
        ready: a socket of its own that answers once it serves.
        own: a folder for this process alone.
        kept: the folder of kept answers.
        requests, tally: the two logs.
    """

    listen: str
    fetch: str
    upstream: str
    ready: str
    own: Path
    kept: Path
    requests: Path
    tally: Path


def render(routes: Sequence[CachedRoute], settings: EdgeSettings, cache: CacheSettings, places: Places) -> str:
    """The configuration file.

    Args:
        routes: from `cached_routes`; everything else is passed on to Envoy.
    """
    deadline = max((route.deadline for route in routes), default=1.0)
    drain = max(1, round(settings.drain_seconds))
    connections = 2 * settings.max_connections + 512
    return f"""
daemon off;
{_user()}
worker_processes {settings.concurrency};
worker_rlimit_nofile {2 * connections};
worker_shutdown_timeout {drain + 1}s;
pid {places.own}/nginx.pid;
# Below this there is a line for each request that somebody sends wrong, with his address and his URL.
error_log stderr crit;
pcre_jit on;
events {{
    worker_connections {connections};
    multi_accept on;
}}
http {{
    server_tokens off;
    default_type application/octet-stream;
    {_MEMORY}
    tcp_nodelay on;
    keepalive_timeout 60s;
    keepalive_requests 100000;
    # While an nginx leaves, a connection that rests between two requests is closed only after one more.
    keepalive_min_timeout {drain}s;
    client_body_temp_path {places.own}/bodies;
    proxy_temp_path {places.own}/answers;
    {_logs(routes, settings, places)}
    {_stores(routes, cache, places)}
    open_file_cache max={min(cache.entries, 10_000)} inactive=10s;
    {decisions(routes, settings.allowed_origins)}
    limit_conn_zone $binary_remote_addr zone=addresses:2m;
    limit_conn_status 429;
    limit_conn_log_level info;
    upstream rest {{ server unix:{places.upstream}; keepalive 64; keepalive_timeout 30s; }}
    upstream fetch {{ server unix:{places.fetch}; keepalive 64; keepalive_timeout 30s; }}
    proxy_http_version 1.1;
    proxy_connect_timeout 1s;
    proxy_buffer_size 8k;
    proxy_buffers 16 16k;
    # Whatever stands behind steers nginx by what we read here, and by nothing else.
    proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset Vary;
    # Envoy knows what may be sent twice.
    proxy_next_upstream error;
    {front_server(settings, cache, listen=places.listen, deadline=deadline)}
    {fetch_server(places.fetch, deadline=deadline)}
    server {{ listen unix:{places.ready}; access_log off; location / {{ return 204; }} }}
}}
"""


def _user() -> str:
    """Workers run as whoever started nginx; root's would otherwise become `nobody`, who may not reach the sockets."""
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name};"


def _logs(routes: Sequence[CachedRoute], settings: EdgeSettings, places: Places) -> str:
    # Writing is what logs cost: with a buffer of 4 KiB the tally took half of the time of a hit.
    requests = f"access_log {places.requests} requests buffer=64k flush=1s;" if settings.access_log else ""
    return f"""{log_formats(routes)}
    {requests}
    access_log {places.tally} tally buffer=64k flush=1s;"""


def _stores(routes: Sequence[CachedRoute], cache: CacheSettings, places: Places) -> str:
    """What is older than its stale bound is of no use to anybody, so what nobody asks for goes soon after it."""
    unused = math.ceil(max((r.policy.fresh_for + r.policy.stale_while_revalidate for r in routes), default=2)) + 1
    zone = max(1, math.ceil(cache.entries / _KEYS_IN_MEBIBYTE))
    path = f"levels=1:2 use_temp_path=off inactive={unused}s manager_files=1000"
    return f"""
    proxy_cache_path {places.kept}/answers {path} keys_zone=answers:{zone}m max_size={cache.bytes};
    proxy_cache_path {places.kept}/fetches {path} keys_zone=fetches:{zone}m max_size={cache.bytes // 4};"""
