"""`/metrics` for Prometheus, from a thread of its own so that a busy event loop is still observed."""

from prometheus_client import CollectorRegistry, start_http_server

__all__ = ["MetricsEndpoint"]


class MetricsEndpoint:
    """Serves a registry over HTTP.

    Args:
        port: 0 takes a free one; `port` tells which.

    Raises:
        OSError: the address is taken.
    """

    def __init__(self, registry: CollectorRegistry, host: str = "127.0.0.1", port: int = 0) -> None:
        self._server, self._thread = start_http_server(port, host, registry)
        self.host, self.port = host, int(self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/metrics"

    def close(self) -> None:
        """Stops listening. Blocks for at most half a second, the server's poll interval."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
