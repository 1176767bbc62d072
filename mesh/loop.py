"""The event loop that a service runs on."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

try:
    from uvloop import new_event_loop as _uvloop
except ImportError:
    # It is not built for every platform.
    _uvloop = None  # type: ignore[assignment] # as the comment says

__all__ = ["new_event_loop", "run"]

_CHOICE = "HAMLET_EVENT_LOOP"


def run(main: Coroutine[Any, Any, None], environment: Mapping[str, str] = os.environ) -> None:
    """Runs a process's work on uvloop, or on asyncio's own loop if `HAMLET_EVENT_LOOP=asyncio` or there is no uvloop.

    Raises:
        ValueError: any other choice.
    """
    try:
        factory = new_event_loop(environment.get(_CHOICE, "uvloop"))
    except ValueError:
        main.close()
        raise
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def new_event_loop(choice: str = "uvloop") -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the loop of that name.

    Raises:
        ValueError: there is none.
    """
    if choice not in {"uvloop", "asyncio"}:
        raise ValueError(f"{_CHOICE} is uvloop or asyncio, not {choice!r}")
    return asyncio.new_event_loop if choice == "asyncio" or _uvloop is None else _uvloop
