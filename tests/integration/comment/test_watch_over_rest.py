"""A page follows a discussion: server-sent events through a real Envoy, taken up again where the connection broke."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hamlet.comment.v1 import comment_service_pb2

from mesh.edge import EdgeService, EdgeSettings, Identity, Upstream, Village
from mesh.identity.authority import Authority
from mesh.testing.envoy import running_edge
from services.comment.settings import CommentSettings
from tests.integration.comment import village as comments

pytestmark = pytest.mark.slow


@asynccontextmanager
async def front_door(
    folder: Path, settings: EdgeSettings, **environment: str
) -> AsyncIterator[tuple[comments.Village, httpx.AsyncClient]]:
    """The comment service behind the edge, over mTLS."""
    async with comments.village(folder, environment) as home:
        mesh = home.service.mesh.settings
        shown = Authority.open_or_create(mesh.certificates).issue("edge", mesh.trust_domain)
        village = Village(
            [EdgeService(comment_service_pb2.DESCRIPTOR.services_by_name["CommentService"], "comment")],
            [Upstream("comment", (f"127.0.0.1:{home.service.port}",))],
            key_set_cluster="comment",
            identity=Identity(shown, mesh.trust_domain),
        )
        async with (
            running_edge(village, folder / "envoy", settings) as edge,
            httpx.AsyncClient(base_url=edge.url, timeout=20) as rest,
        ):
            yield home, rest


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """(id, data) as EventSource gives them."""
    event_id = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name == "id":
            event_id = value
        elif name == "data":
            yield event_id, json.loads(value)


async def test_a_broken_connection_leaves_no_gap_and_repeats_nothing(tmp_path: Path) -> None:
    async with front_door(tmp_path, EdgeSettings(concurrency=1)) as (home, rest):
        post_id, last = home.blog.add(), ""
        written: list[str] = []
        seen: list[str] = []
        for _ in range(3):
            headers = {"last-event-id": last} if last else {}
            async with rest.stream("GET", f"/v1/posts/{post_id}/comments:watch", headers=headers) as answer:
                assert answer.headers["cache-control"] == "private, no-store"
                events = _events(answer)
                last, beginning = await anext(events)
                assert "event" not in beginning
                written += [(await home.write(post_id)).id for _ in range(2)]
                while len(seen) < len(written):
                    last, data = await anext(events)
                    assert data["resumeToken"] == last
                    if data.get("event"):
                        seen.append(data["event"]["comment"]["id"])
            # Nobody watches now.
            written += [(await home.write(post_id)).id for _ in range(2)]
        assert seen == written[:-2]


async def test_heartbeats_carry_a_quiet_watch_past_the_limit_on_silence(tmp_path: Path) -> None:
    impatient = EdgeSettings(concurrency=1, watch_idle_seconds=2)
    async with (
        front_door(tmp_path, impatient, HAMLET_COMMENT_HEARTBEAT="0.5") as (home, rest),
        rest.stream("GET", f"/v1/posts/{home.blog.add()}/comments:watch") as answer,
        asyncio.timeout(20),
    ):
        events = _events(answer)
        beats = [await anext(events) for _ in range(6)]
    assert not [data for _, data in beats if data.get("event")]


def test_no_heartbeat_may_be_slower_than_the_edge_is_patient() -> None:
    [most] = [each.lt for each in CommentSettings.model_fields["heartbeat"].metadata if hasattr(each, "lt")]
    assert CommentSettings().heartbeat < most <= 10 < EdgeSettings().watch_idle_seconds
