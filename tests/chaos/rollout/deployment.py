"""A Deployment and its controller: pods of one version are replaced by pods of the next as its strategy says."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.rollout.pod import Pod
from tests.chaos.rollout.strategy import Count, next_step, strategy_of

__all__ = ["Deployment"]

_PATIENCE_SECONDS = 240.0
"""Less than the chart's progressDeadlineSeconds: a rollout that hangs is to be seen."""

MakePod = Callable[[dict[str, Any]], Pod]


class Deployment:
    """
    Args:
        make_pod: of a pod template.

    Attributes:
        pods: those that were not told to end, the oldest first.
    """

    def __init__(self, name: str, make_pod: MakePod) -> None:
        self.name, self.pods = name, list[Pod]()
        self._make_pod, self._settle_seconds = make_pod, 0.0
        self._news = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()

    def look(self) -> None:
        """To be called when a pod may have become ready, or be so no more."""
        self._news.set()
        if self._settle_seconds:
            asyncio.get_running_loop().call_later(self._settle_seconds, self._news.set)

    async def roll_out(self, manifest: dict[str, Any]) -> None:
        """Replaces the pods that run by pods of `manifest`. Returns when the last old one has ended.

        Raises:
            TimeoutError: it did not get there.
        """
        strategy, old = strategy_of(manifest), list(self.pods)
        self._settle_seconds = strategy.settle_seconds
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                self._news.clear()
                old = [each for each in self.pods if each in old]
                new = [each for each in self.pods if each not in old]
                step = next_step(strategy, self._count(new), self._count(old))
                for _ in range(step.start):
                    pod = self._make_pod(manifest["spec"]["template"])
                    self.pods.append(pod)
                    pod.start()
                self._stop(sorted(old, key=lambda each: each.ready)[: step.stop])
                if strategy.recreate and self._leaving:
                    await asyncio.gather(*self._leaving)
                elif not old and self._count(new).available == strategy.replicas:
                    break
                elif step.start == step.stop == 0:
                    await self._news.wait()
            await asyncio.gather(*self._leaving)

    async def close(self) -> None:
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*(pod.close() for pod in self.pods))

    def _stop(self, pods: list[Pod]) -> None:
        for pod in pods:
            self.pods.remove(pod)
            task = asyncio.create_task(pod.delete())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _count(self, pods: list[Pod]) -> Count:
        settled = time.monotonic() - self._settle_seconds
        return Count(len(pods), sum(each.ready_since <= settled for each in pods))
