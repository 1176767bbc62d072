"""The kubelet's part for pods under podman: it asks the probes that the chart renders, and ends a pod as it says."""

import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.images.pods import Pod, Pods

__all__ = ["await_ready", "end", "is_ready", "succeeds"]

_PAUSE = 0.5


def succeeds(probe: dict[str, Any], pod: Pod, container: dict[str, Any]) -> bool:
    """Whether a probe is answered well: `grpc`, `httpGet` or `tcpSocket`, at the pod's address."""
    timeout = float(probe.get("timeoutSeconds", 1))
    if "grpc" in probe:
        return _is_serving(f"{pod.address}:{probe['grpc']['port']}", probe["grpc"].get("service", ""), timeout)
    asked: dict[str, Any] = probe["httpGet"] if "httpGet" in probe else probe["tcpSocket"]
    return _answers(pod.address, _port(asked["port"], container), asked.get("path"), timeout)


def is_ready(pod: Pod) -> bool:
    """Whether every container of it has started and serves."""
    return all(
        succeeds(container[kind], pod, container)
        for container in pod.template["spec"]["containers"]
        for kind in ("startupProbe", "readinessProbe")
        if kind in container
    )


def await_ready(pods: Pods, pod: Pod, patience_seconds: float = 120) -> None:
    """
    Raises:
        AssertionError: it is not ready in time; the containers' last words are in it.
    """
    deadline = time.monotonic() + patience_seconds
    while not is_ready(pod):
        names = [each["name"] for each in pod.template["spec"]["containers"]]
        ended = [name for name in names if not pods.runs(pod, name)]
        if ended or time.monotonic() > deadline:
            said = "".join(f"\n--- {name}\n{pods.logs(pod, name)}" for name in names)
            raise AssertionError(f"{pod.name} is not ready; ended: {ended}{said}")
        time.sleep(_PAUSE)


def end(pods: Pods, pod: Pod) -> float:
    """Ends a pod as Kubernetes does: in each container its preStop sleep, then TERM, and KILL after the grace period.

    Returns:
        The seconds that it took; as many as the grace period when a container had to be killed.
    """
    began = time.monotonic()
    deadline = began + float(pod.template["spec"]["terminationGracePeriodSeconds"])
    containers = pod.template["spec"]["containers"]
    with ThreadPoolExecutor(len(containers)) as all_at_once:
        list(all_at_once.map(lambda container: _end(pods, pod, container, deadline), containers))
    took = time.monotonic() - began
    pods.remove(pod)
    return took


def _end(pods: Pods, pod: Pod, container: dict[str, Any], deadline: float) -> None:
    time.sleep(float(container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)))
    remaining = max(0, int(deadline - time.monotonic()))
    pods.podman("stop", f"--time={remaining}", pod.container(container["name"]), check=False)


def _is_serving(target: str, service: str, timeout: float) -> bool:
    with grpc.insecure_channel(target) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=timeout
            )
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _answers(address: str, port: int, path: str | None, timeout: float) -> bool:
    try:
        if path is None:
            with socket.create_connection((address, port), timeout):
                return True
        with urllib.request.urlopen(f"http://{address}:{port}{path}", timeout=timeout) as answer:
            return bool(200 <= answer.status < 400)
    except OSError:
        return False


def _port(named: int | str, container: dict[str, Any]) -> int:
    if isinstance(named, int):
        return named
    return next(int(each["containerPort"]) for each in container["ports"] if each["name"] == named)
