"""The event loop that a service runs on."""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from typing import Any

import uvloop

__all__ = ["run"]

_CHOICE = "HAMLET_EVENT_LOOP"
_LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


def run(main: Coroutine[Any, Any, None], environment: Mapping[str, str] = os.environ) -> None:
    """Runs a process's work on uvloop, or on asyncio's own loop if `HAMLET_EVENT_LOOP=asyncio`.

    Raises:
        ValueError: any other choice.
    """
    choice = environment.get(_CHOICE, "uvloop")
    if choice not in _LOOPS:
        main.close()
        raise ValueError(f"{_CHOICE} is one of {sorted(_LOOPS)}, not {choice!r}")
    with asyncio.Runner(loop_factory=_LOOPS[choice]) as runner:
        runner.run(main)
