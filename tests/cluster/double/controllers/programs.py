"""What the containers do, as far as the double has it.

A program that ends does so well when every host that its environment names is a Service with a pod that is ready, and
badly otherwise. One program is real: that which issues the certificates runs as its own process, with its
ServiceAccount's token, and writes its Secrets by this API.
"""

import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.double.access import Access, Account
from tests.cluster.double.selectors import matches
from tests.cluster.double.store import Store, by_name

__all__ = ["Programs", "hosts", "serves"]

ROOT = Path(__file__).resolve().parents[4]
_CERTIFICATES = ["python", "-m", "services.cli.cluster.certificates"]
_HOST = re.compile(r"^[a-z+]+://(?:[^@/]*@|/)?([a-z0-9][-a-z0-9.]*)(?::\d+)?(?:/|$)")


def hosts(environment: dict[str, str], *, only: str = "") -> set[str]:
    """The hosts of the URLs among the values; `only` of those whose scheme starts so."""
    found = (_HOST.match(value) for value in environment.values() if value.startswith(only))
    return {each[1] for each in found if each}


def serves(store: Store, namespace: str, host: str) -> bool:
    """Whether that is a Service of the namespace, with a pod behind it that is ready."""
    service = store.find(by_name("Service"), namespace, host.partition(".")[0])
    if service is None:
        return False
    selector = {"matchLabels": service["spec"]["selector"]}
    behind = [
        pod
        for pod in store.every(by_name("Pod"), namespace)
        if matches(selector, pod["metadata"].get("labels", {})) and pod.get("status", {}).get("phase") == "Running"
    ]
    return any(each["status"] == "True" for pod in behind for each in pod["status"]["conditions"])


@dataclass(slots=True)
class Programs:
    """The processes that run, by their pods' uids."""

    store: Store
    access: Access
    url: str
    _running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    _folders: list[tempfile.TemporaryDirectory[str]] = field(default_factory=list)

    def ended(self, pod: dict[str, Any], environment: dict[str, str]) -> bool | None:
        """Whether the pod's program ended well; None while it runs. It is started when first asked for."""
        if pod["spec"]["containers"][0].get("command") == _CERTIFICATES:
            return self._process(pod, environment)
        return all(serves(self.store, pod["metadata"]["namespace"], host) for host in hosts(environment))

    def _process(self, pod: dict[str, Any], environment: dict[str, str]) -> bool | None:
        uid = pod["metadata"]["uid"]
        if uid not in self._running:
            self._running[uid] = self._started(pod, environment)
        status = self._running[uid].poll()
        return None if status is None else status == 0

    def _started(self, pod: dict[str, Any], environment: dict[str, str]) -> subprocess.Popen[str]:
        folder = tempfile.TemporaryDirectory(prefix="hamlet-double-")
        self._folders.append(folder)
        token = secrets.token_hex(8)
        if pod["spec"].get("automountServiceAccountToken"):
            self.access.accounts[token] = Account(pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"])
        (Path(folder.name) / "token").write_text(token)
        of_the_pod = {**environment, "HAMLET_HOME": folder.name, "PYTHONDONTWRITEBYTECODE": "1"}
        of_the_pod |= {"HAMLET_CLUSTER_API": self.url, "HAMLET_CLUSTER_ACCOUNT": folder.name}
        process = subprocess.Popen(
            [sys.executable, *_CERTIFICATES[1:]],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **of_the_pod},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=self._await, args=(process,), daemon=True).start()
        return process

    def _await(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        with self.store.changed:
            self.store.version += 1
            self.store.changed.notify_all()

    def end(self, alive: set[str]) -> None:
        """Those whose pods are gone."""
        for uid, process in self._running.items():
            if uid not in alive and process.poll() is None:
                process.terminate()

    def close(self) -> None:
        self.end(set())
        for process in self._running.values():
            process.wait()
        for folder in self._folders:
            folder.cleanup()
