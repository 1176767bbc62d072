"""The whole double: API, controllers, and the kubeconfig by which one reaches it."""

import threading
import traceback
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from tests.cluster.double.access import Access
from tests.cluster.double.controllers import deployments, garbage, jobs, pods
from tests.cluster.double.controllers.programs import Programs
from tests.cluster.double.server import ApiServer
from tests.cluster.double.store import Store, by_name

__all__ = ["Double"]


class Double:
    """A test double of a cluster, from entering it to leaving it.

    Args:
        images: what its nodes can pull; a pod with another image waits for ever.
    """

    def __init__(self, images: Iterable[str] = ()) -> None:
        self.store = Store()
        self.images = frozenset(images)
        access = Access(self.store)
        self._server = ApiServer(self.store, access)
        self._programs = Programs(self.store, access, self._server.url)
        serve = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._threads = [serve, threading.Thread(target=self._control)]

    @property
    def faults(self) -> list[str]:
        """Tracebacks of what the double itself did wrong."""
        return self._server.faults

    @property
    def url(self) -> str:
        return self._server.url

    def kubeconfig(self, file: Path) -> Path:
        """Writes the administrator's."""
        cluster = {"name": "double", "cluster": {"server": self.url}}
        user = {"name": "administrator", "user": {}}
        context = {"name": "double", "context": {"cluster": "double", "user": "administrator"}}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [cluster],
            "users": [user],
            "contexts": [context],
            "current-context": "double",
        }
        file.write_text(yaml.safe_dump(document))
        return file

    def __enter__(self) -> Self:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}
        self.store.create(by_name("Namespace"), namespace)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.store.close()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self._programs.close()

    def _control(self) -> None:
        """Brings the objects to what they ask for whenever one has changed, until nothing changes any more."""
        seen, pause = 0, None
        while True:
            with self.store.changed:
                self.store.wait_beyond(seen, pause)
                if self.store.closed:
                    return
                seen = self.store.version
                try:
                    pause = self._reconcile()
                except Exception:
                    self.faults.append(traceback.format_exc())
                    raise

    def _reconcile(self) -> float | None:
        """Returns how long nothing happens by itself, in seconds."""
        garbage.reconcile(self.store)
        jobs.reconcile(self.store)
        deployments.reconcile(self.store)
        pods.reconcile(self.store, self._programs, self.images)
        return jobs.expire(self.store)
