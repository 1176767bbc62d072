"""A service runs on uvloop, and on asyncio's own loop if its operator says so or there is no uvloop."""

import asyncio

import pytest

from mesh import loop
from mesh.loop import run


def seen(environment: dict[str, str]) -> str:
    """The package whose loop a process would run on."""
    found: list[str] = []

    async def main() -> None:
        found.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])

    run(main(), environment)
    return found[0]


def test_the_loop_is_the_operator_s_choice() -> None:
    pytest.importorskip("uvloop")
    assert seen({}) == seen({"HAMLET_EVENT_LOOP": "uvloop"}) == "uvloop"
    assert seen({"HAMLET_EVENT_LOOP": "asyncio"}) == "asyncio"


def test_without_uvloop_services_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_uvloop", None)
    assert seen({}) == "asyncio"


def test_a_loop_that_does_not_exist_is_refused() -> None:
    async def main() -> None:
        raise AssertionError("never started")

    with pytest.raises(ValueError, match="asyncio"):
        run(main(), {"HAMLET_EVENT_LOOP": "curio"})
