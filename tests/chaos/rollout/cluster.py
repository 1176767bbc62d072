"""The cluster that the drill needs: applies releases, keeps names and Services pointing at the pods that are ready."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.chaos.rollout.deployment import Deployment
from tests.chaos.rollout.names import Names, serving_names
from tests.chaos.rollout.pod import Pod
from tests.chaos.rollout.relay import Relay
from tests.chaos.rollout.release import Release
from tests.chaos.rollout.translation import Machine, mount, program_of
from tests.chart.rendering import Manifest

__all__ = ["Cluster", "cluster"]

_SERVICE_ADDRESS = "127.2.0.1"
_JOB_ADDRESS = "127.1.255.254"
_COMPONENT = "app.kubernetes.io/component"


class Cluster:
    """
    Args:
        folder: for the pods' folders and what they write.

    Attributes:
        names: more may be published.
        accidents: see `Pod.accidents`.
    """

    def __init__(self, folder: Path, machine: Machine, stack: AsyncExitStack) -> None:
        self.names = Names()
        self._folder, self._machine, self._stack = folder, machine, stack
        self._deployments: dict[str, Deployment] = {}
        self._relays: dict[tuple[str, str], Relay] = {}
        self._headless: set[str] = set()
        self._settings: dict[str, dict[str, str]] = {}
        self._numbers = itertools.count(1)
        self._pods: list[Pod] = []

    @property
    def accidents(self) -> list[str]:
        return [said for pod in self._pods for said in pod.accidents]

    def address(self, component: str, port: str) -> str:
        """`host:port` of a Service with an address of its own."""
        relay = self._relays[component, port]
        return f"{relay.address}:{relay.port}"

    async def apply(self, release: Release, moment: str) -> None:
        """As `helm install` and `helm upgrade` do: the hooks first, then everything at once, each Deployment under its
        own strategy. Returns when the last pod that was replaced has ended.

        Args:
            moment: `pre-install`, `pre-upgrade` or `pre-rollback`, whose hooks run.

        Raises:
            RuntimeError: a Job failed.
        """
        for job in release.hooks(moment):
            await self._run(job, release)
        self._settings = release.settings
        for service in release.services:
            await self._serve(service)
        async with asyncio.TaskGroup() as rollouts:
            for manifest in release.deployments:
                component = manifest["metadata"]["labels"][_COMPONENT]
                deployment = self._deployments.get(component) or self._deploy(component)
                rollouts.create_task(deployment.roll_out(manifest))

    def _deploy(self, component: str) -> Deployment:
        deployment = Deployment(component, lambda template: self._pod(component, template))
        self._deployments[component] = deployment
        self._stack.push_async_callback(deployment.close)
        return deployment

    def _pod(self, component: str, template: Manifest) -> Pod:
        number = next(self._numbers)
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        tag = template["spec"]["containers"][0]["image"].rpartition(":")[2]
        name = f"{component}-{number:02}-{tag}"
        pod = Pod(name, template, self._settings, self._machine, address, self._folder, self._point)
        self._pods.append(pod)
        return pod

    async def _run(self, job: Manifest, release: Release) -> None:
        """A Job's container, again while its backoffLimit allows."""
        name, pod = job["metadata"]["name"], job["spec"]["template"]["spec"]
        root = self._folder / name
        mount(pod, self._machine, root)
        program = program_of(pod["containers"][0], release.settings, self._machine, _JOB_ADDRESS, root)
        for _ in range(job["spec"]["backoffLimit"] + 1):
            with (self._folder / f"{name}.log").open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *program.command,
                    env=program.environment,
                    cwd=program.folder,
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                    start_new_session=True,
                )
            if await process.wait() == 0:
                return
        raise RuntimeError(f"{name} failed: {(self._folder / f'{name}.log').read_text()[-2000:]}")

    async def _serve(self, service: Manifest) -> None:
        component, spec = service["spec"]["selector"][_COMPONENT], service["spec"]
        if spec.get("clusterIP") == "None":
            self._headless.add(component)
            self.names.publish(service["metadata"]["name"], ())
            self._point()
            return
        for port in spec["ports"]:
            if (component, port["name"]) not in self._relays:
                relay = Relay(_SERVICE_ADDRESS, port["port"])
                await self._stack.enter_async_context(relay.running())
                self._relays[component, port["name"]] = relay

    def _point(self) -> None:
        """Names and Services to the pods that are ready now."""
        ready = {each.name: [pod for pod in each.pods if pod.ready] for each in self._deployments.values()}
        for component in self._headless:
            self.names.publish(f"village-hamlet-{component}", [pod.address for pod in ready.get(component, ())])
        for (component, port), relay in self._relays.items():
            relay.point([(pod.address, pod.ports[port]) for pod in ready.get(component, ())])
        for deployment in self._deployments.values():
            deployment.look()


@asynccontextmanager
async def cluster(folder: Path, machine: Machine) -> AsyncIterator[Cluster]:
    """An empty one; it ends with everything that runs in it."""
    async with AsyncExitStack() as stack:
        made = Cluster(folder, machine, stack)
        await stack.enter_async_context(serving_names(made.names))
        yield made
