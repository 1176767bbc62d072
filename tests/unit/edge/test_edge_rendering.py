"""What the rest of the configuration promises, read off the rendered dicts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hamlet.blog.v1 import post_reading_service_pb2

from mesh.edge import EdgeService, EdgeSettings, Identity, Upstream, Village, render
from mesh.edge.descriptor_set import descriptor_set
from mesh.edge.doors import REST, socket_address
from mesh.edge.filters import cors
from mesh.edge.local_replies import local_reply_config
from mesh.edge.render import render_routes
from mesh.edge.upstream_tls import certificate_secret

SERVICE = post_reading_service_pb2.DESCRIPTOR.services_by_name["PostReadingService"]
IDENTITY = Identity(Path("/certs/edge"), "hamlet.test")


UPSTREAMS = [Upstream("blog", ("blog:50051",)), Upstream("account", ("10.0.0.1:1", "[::1]:2"))]
VILLAGE = Village([EdgeService(SERVICE, "blog")], UPSTREAMS, key_set_cluster="account")


def rendered(identity: Identity | None = None, collector: str | None = None, **settings: Any) -> dict[str, Any]:
    village = replace(VILLAGE, identity=identity)
    return render(village, EdgeSettings(**settings), Path("/etc/edge"), issuer="i", audience="a", collector=collector)


def listeners(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {listener["name"]: listener for listener in config["static_resources"]["listeners"]}


def manager(config: dict[str, Any], door: str = REST) -> dict[str, Any]:
    there = listeners(config)
    listener = there.get(f"{door}-http") or there[door]
    found: dict[str, Any] = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return found


def clusters(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {cluster["name"]: cluster for cluster in config["static_resources"]["clusters"]}


def test_the_filters_stand_in_their_order() -> None:
    assert [each["name"].rsplit(".", 1)[1] for each in manager(rendered())["http_filters"]] == [
        "cors",
        "grpc_web",
        "local_ratelimit",
        "lua",
        "rbac",
        "header_mutation",
        "buffer",
        "grpc_json_transcoder",
        "jwt_authn",
        "router",
    ]


def test_who_asks_much_at_once_waits_behind_the_rate_limit_where_that_is_wanted() -> None:
    names = [each["name"] for each in manager(rendered(at_once=10))["http_filters"]]
    waits = [f"hamlet.spread{each}" for each in ("", ".20ms", ".40ms", ".80ms", ".160ms", ".320ms")]
    assert names[names.index("envoy.filters.http.local_ratelimit") + 1 :][:6] == waits


def test_no_page_may_call_unless_its_origin_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    (table,) = render_routes(VILLAGE, EdgeSettings(), Path("x"))["resources"]
    assert cors.NAME not in table["virtual_hosts"][0]["typed_per_filter_config"]
    monkeypatch.setenv("HAMLET_EDGE_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    assert EdgeSettings().allowed_origins == ("https://a.example", "https://b.example")


def test_each_upstream_must_show_its_own_spiffe_id() -> None:
    for name in ("blog", "account"):
        socket = clusters(rendered(IDENTITY))[name]["transport_socket"]["typed_config"]
        context = socket["common_tls_context"]["combined_validation_context"]["default_validation_context"]
        assert context["match_typed_subject_alt_names"] == [
            {"san_type": "URI", "matcher": {"exact": f"spiffe://hamlet.test/{name}"}}
        ]


def test_certificates_are_watched() -> None:
    (secret,) = certificate_secret(IDENTITY)["resources"]
    assert secret["tls_certificate"]["watched_directory"] == {"path": "/certs/edge"}


def test_names_are_resolved_and_addresses_are_not() -> None:
    found = clusters(rendered())
    assert (found["blog"]["type"], found["account"]["type"]) == ("STRICT_DNS", "STATIC")


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert socket_address("[::1]:80") == {"socket_address": {"address": "::1", "port_value": 80}}


def test_the_share_of_traced_requests_is_a_setting_and_the_callers_have_none() -> None:
    tracing = manager(rendered(collector="c:4317", sampling_percent=12.5))["tracing"]
    assert (tracing["random_sampling"], tracing["client_sampling"]) == ({"value": 12.5}, {"value": 0})
    assert "tracing" not in manager(rendered())


def test_the_limits_of_the_tested_configuration_are_kept() -> None:
    found = manager(rendered())
    assert found["request_headers_timeout"] == "5s"
    assert found["stream_idle_timeout"] == "10s"
    assert found["request_timeout"] == "30s"
    assert found["max_request_headers_kb"] == 16
    assert found["path_with_escaped_slashes_action"] == "UNESCAPE_AND_REDIRECT"
    assert found["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"
    (layer,) = rendered()["layered_runtime"]["layers"]
    assert layer["static_layer"]["overload.premature_reset_total_stream_count"] == 50


def test_the_admin_interface_is_on_the_loopback() -> None:
    assert rendered()["admin"]["address"]["socket_address"]["address"] == "127.0.0.1"


def test_every_error_that_envoy_makes_has_a_reason() -> None:
    *_, for_grpc, for_rest = local_reply_config()["mappers"]
    comparison = for_rest["filter"]["status_code_filter"]["comparison"]
    assert (comparison["op"], comparison["value"]["default_value"]) == ("GE", 400)
    assert {header["header"]["key"] for header in for_grpc["headers_to_add"]} == {
        "grpc-status",
        "grpc-status-details-bin",
    }


def test_the_descriptor_set_holds_every_import_before_its_importer_and_the_error_details() -> None:
    files = descriptor_set([SERVICE.file]).file
    seen: set[str] = set()
    for file in files:
        assert set(file.dependency) <= seen
        seen.add(file.name)
    assert "google/rpc/error_details.proto" in seen
