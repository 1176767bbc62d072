"""Envoy's admin interface: ports, readiness, drain, end."""

import asyncio
import http.client
import json

__all__ = ["EnvoyAdmin"]


class EnvoyAdmin:
    """Talks to the admin interface at `host:port`."""

    def __init__(self, address: str, timeout: float = 5.0) -> None:
        self._address, self._timeout = address, timeout

    async def ready(self) -> bool:
        """Whether Envoy is up and its listeners answer."""
        try:
            status, _ = await self._ask("GET", "/ready")
        except OSError:
            return False
        return status == http.client.OK

    async def port(self, listener: str) -> int:
        """The port of a listener, which the system chose if it was 0.

        Raises:
            KeyError: there is no such listener, or it is on a Unix socket.
        """
        _, body = await self._ask("GET", "/listeners?format=json")
        for each in json.loads(body).get("listener_statuses", []):
            if each["name"] == listener and "socket_address" in each["local_address"]:
                return int(each["local_address"]["socket_address"]["port_value"])
        raise KeyError(listener)

    async def drain(self) -> None:
        """Asks connections to close, and stops listening when the drain time is over."""
        await self._ask("POST", "/drain_listeners?graceful")

    async def active_requests(self) -> int:
        """Requests in flight at the public's doors."""
        _, body = await self._ask("GET", "/stats?format=json&filter=^http.edge_[a-z]*.downstream_rq_active$")
        return sum(int(each["value"]) for each in json.loads(body)["stats"] if "value" in each)

    async def quit(self) -> None:
        await self._ask("POST", "/quitquitquit")

    async def _ask(self, method: str, path: str) -> tuple[int, bytes]:
        return await asyncio.to_thread(self._ask_blocking, method, path)

    def _ask_blocking(self, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=self._timeout)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as error:
            raise OSError(f"the admin interface at {self._address} answered no HTTP") from error
        finally:
            connection.close()
