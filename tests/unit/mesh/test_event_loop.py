"""A service runs on uvloop, and on asyncio's own loop if its operator says so."""

import asyncio

import pytest
import uvloop

from mesh.loop import run


@pytest.mark.parametrize(("environment", "uv"), [({}, True), ({"HAMLET_EVENT_LOOP": "asyncio"}, False)])
def test_the_loop_is_the_operator_s_choice(environment: dict[str, str], uv: bool) -> None:
    seen: list[bool] = []

    async def main() -> None:
        seen.append(isinstance(asyncio.get_running_loop(), uvloop.Loop))

    run(main(), environment)
    assert seen == [uv]


def test_a_loop_that_does_not_exist_is_refused() -> None:
    async def main() -> None:
        raise AssertionError("never started")

    with pytest.raises(ValueError, match="asyncio"):
        run(main(), {"HAMLET_EVENT_LOOP": "curio"})
