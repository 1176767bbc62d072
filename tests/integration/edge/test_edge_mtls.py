"""mTLS from the edge to the services: it believes the service it means alone, and certificates rotate under it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hamlet.blog.v1.post_pb2 import Post

from mesh.edge import EdgeSettings, Identity, Village
from mesh.identity.authority import Authority
from mesh.identity.credentials import CertificateFiles, server_credentials
from mesh.options import ServerLimits
from mesh.testing.envoy import running_edge

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

TRUST_DOMAIN = "hamlet.test"
GET_POST = "/v1/posts/01890a5d-ac96-774b-bcce-b302099a8057"
LIMITS = ServerLimits(connection_age_seconds=0.5, connection_age_grace_seconds=5)
WORKLOADS = ("account", "blog", "comment", "spam")


@asynccontextmanager
async def edge_over_mtls(
    scripted: Any, stage: Any, keys: Any, folder: Path, servers: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The edge before services that each show the certificate of the workload that `servers` names."""
    authority = Authority.open_or_create(folder / "certs")
    credentials = {}
    for name, shown in servers.items():
        authority.issue(shown, TRUST_DOMAIN)
        credentials[name] = server_credentials(CertificateFiles(folder / "certs" / shown))
    identity = Identity(authority.issue("edge", TRUST_DOMAIN), TRUST_DOMAIN)
    async with scripted(stage, keys, credentials, LIMITS) as (plain, _):
        village = Village(plain.services, plain.upstreams, "account", identity)
        async with (
            running_edge(village, folder / "envoy", EdgeSettings(concurrency=1)) as edge,
            httpx.AsyncClient(base_url=edge.url) as rest,
        ):
            yield rest


async def test_calls_and_key_fetches_go_over_mtls(scripted: Any, stage: Any, keys: Any, tmp_path: Path) -> None:
    async with edge_over_mtls(scripted, stage, keys, tmp_path, {name: name for name in WORKLOADS}) as rest:
        assert (await rest.get(GET_POST)).status_code == 200
        assert (await rest.get("/v1/spam/models", headers=keys.bearer())).status_code == 200


async def test_a_service_that_shows_another_services_certificate_is_not_believed(
    scripted: Any, stage: Any, keys: Any, tmp_path: Path
) -> None:
    shown = {name: name for name in WORKLOADS} | {"blog": "comment"}
    async with edge_over_mtls(scripted, stage, keys, tmp_path, shown) as rest:
        assert (await rest.get(GET_POST)).status_code == 503
        assert not stage.seen


async def test_the_edges_certificate_is_replaced_without_a_restart_or_a_failed_request(
    scripted: Any, stage: Any, keys: Any, tmp_path: Path
) -> None:
    peers: list[bytes] = []

    async def note(request: Any, context: Any) -> Post:
        peers.append(context.auth_context()["x509_pem_cert"][0])
        return Post()

    async with edge_over_mtls(scripted, stage, keys, tmp_path, {name: name for name in WORKLOADS}) as rest:
        stage.answers["GetPost"] = note
        assert (await rest.get(GET_POST)).status_code == 200
        renewed = Authority.open_or_create(tmp_path / "certs").rotate()
        for workload in ("edge", *WORKLOADS):
            renewed.issue(workload, TRUST_DOMAIN)
        async with asyncio.timeout(20):
            while len(set(peers)) == 1:
                assert (await rest.get(GET_POST)).status_code == 200, "no request fails meanwhile"
                await asyncio.sleep(0.05)
