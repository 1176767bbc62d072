"""Where calls go: Services choose the pods they mean, a canary gets its share, a GPU has a fallback, load scales."""

import pytest

from tests.chart.rendering import OF_VALUES, Manifest, containers, kinds, pods, render


def one(values: str, kind: str, name: str, *settings: str) -> Manifest:
    found = [
        each for each in kinds(render(values, *settings), kind) if each["metadata"]["name"] == f"village-hamlet-{name}"
    ]
    assert len(found) == 1
    spec: Manifest = found[0]["spec"]
    return spec


def weights(backends: list[Manifest]) -> dict[str, int]:
    return {each["name"].removeprefix("village-hamlet-"): each["weight"] for each in backends}


@pytest.mark.parametrize("values", OF_VALUES)
def test_every_service_finds_pods_with_its_ports(values: str) -> None:
    documents = render(values)
    for service in kinds(documents, "Service"):
        wanted = set(service["spec"]["selector"].items())
        found = [
            pod
            for name, pod in pods(documents)
            if name.startswith("Deployment/") and wanted <= set(pod["metadata"]["labels"].items())
        ]
        assert found, service["metadata"]["name"]
        for pod in found:
            ports = {port["name"] for each in pod["spec"]["containers"] for port in each["ports"]}
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports, service["metadata"]["name"]


def test_callers_balance_themselves_unless_a_sidecar_does() -> None:
    assert one("minimal", "Service", "blog")["clusterIP"] == "None"
    assert "clusterIP" not in one("linkerd", "Service", "blog")
    assert "clusterIP" not in one("istio", "Service", "blog")


def test_the_edge_s_canary_gets_its_share_by_the_gateway() -> None:
    rules = one("production", "HTTPRoute", "edge")["rules"]
    assert [weights(rule["backendRefs"]) for rule in rules] == [{"edge": 95, "edge-canary": 5}] * 2
    assert one("production", "Service", "edge")["selector"]["hamlet/variant"] == "stable"
    assert one("production", "Service", "edge-canary")["selector"]["hamlet/variant"] == "canary"
    image = one("production", "Deployment", "edge-canary")["template"]["spec"]["containers"][0]["image"]
    assert image.endswith("/hamlet-edge:0.2.0-rc1")


def test_a_service_s_canary_gets_its_share_by_the_mesh() -> None:
    expected = {"blog-stable": 90, "blog-canary": 10}
    assert weights(one("linkerd", "GRPCRoute", "blog")["rules"][0]["backendRefs"]) == expected
    routes = one("istio", "VirtualService", "blog")["http"][0]["route"]
    assert {each["destination"]["host"].removeprefix("village-hamlet-"): each["weight"] for each in routes} == expected


def test_without_a_mesh_a_canary_is_one_replica_among_others() -> None:
    assert "hamlet/variant" not in one("production", "Service", "blog")["selector"]
    assert one("production", "Deployment", "blog-canary")["replicas"] == 1


def test_the_gpu_is_asked_for_and_the_cpu_stays() -> None:
    gpu, cpu = (one("gpu", "Deployment", name)["template"]["spec"] for name in ("spam-gpu", "spam"))
    assert gpu["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert gpu["nodeSelector"] == {"cloud.example.com/pool": "gpu"}
    assert gpu["tolerations"]
    assert {"nodeSelector", "tolerations"}.isdisjoint(cpu)
    device = {
        name: next(each["value"] for each in container["env"] if each["name"] == "HAMLET_SPAM_DEVICE")
        for name, container, _ in containers(render("gpu"))
        if container["name"] == "spam"
    }
    assert device == {
        "Deployment/village-hamlet-spam/spam": "cpu",
        "Deployment/village-hamlet-spam-gpu/spam": "cuda",
    }
    assert "hamlet-spam-cuda" in gpu["containers"][0]["image"]
    assert "hamlet/variant" not in one("gpu", "Service", "spam")["selector"]


def test_the_filter_scales_on_its_queue_and_the_rest_on_what_they_do() -> None:
    trigger = one("production", "ScaledObject", "spam")["triggers"]
    assert [each["type"] for each in trigger] == ["prometheus"]
    assert "hamlet_inference_queue_depth" in trigger[0]["metadata"]["query"]
    queue = one("gpu", "HorizontalPodAutoscaler", "spam-gpu")["metrics"]
    assert [each["pods"]["metric"]["name"] for each in queue] == ["hamlet_inference_queue_depth"]
    for name in ("blog", "edge"):
        metrics = one("production", "HorizontalPodAutoscaler", name)["metrics"]
        assert [each["type"] for each in metrics] == ["Resource", "Pods"]


def test_migrations_come_before_the_pods_that_need_them() -> None:
    jobs = [each for each in kinds(render("postgres"), "Job") if "migrate" in each["metadata"]["name"]]
    assert [each["spec"]["template"]["spec"]["containers"][0]["command"][-1] for each in jobs] == [
        "account",
        "blog",
        "comment",
    ]
    for each in jobs:
        assert each["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    for name, container, _ in containers(render("postgres")):
        told = {each["name"]: each.get("value") for each in container.get("env", [])}
        if name.split("/")[0] == "Deployment" and container["name"] in {"account", "blog", "comment"}:
            assert told[f"HAMLET_{container['name'].upper()}_MIGRATE"] == "false", name


def test_a_trace_is_looked_for_where_every_request_has_one() -> None:
    def asked(values: str, *settings: str) -> str:
        test = next(each for name, each, _ in containers(render(values, *settings)) if name.startswith("Pod/"))
        return str(next(each["value"] for each in test["env"] if each["name"] == "HAMLET_JAEGER_URL"))

    assert asked("minimal") == "http://village-hamlet-jaeger:16686"
    assert asked("no-jaeger") == "http://jaeger.observability:16686"
    assert asked("production") == ""
    assert asked("minimal", "jaeger.enabled=false") == ""


def test_spans_go_where_somebody_wants_them() -> None:
    def endpoint(values: str, *settings: str) -> str | None:
        maps = {each["metadata"]["name"]: each["data"] for each in kinds(render(values, *settings), "ConfigMap")}
        found: str | None = maps["village-hamlet-settings"].get("OTEL_EXPORTER_OTLP_ENDPOINT")
        return found

    where = {values: endpoint(values) for values in ("minimal", "production", "no-jaeger")}
    assert where == {
        "minimal": "http://village-hamlet-jaeger:4317",
        "production": "http://village-hamlet-collector:4317",
        "no-jaeger": "http://collector.observability:4317",
    }
    assert endpoint("minimal", "jaeger.enabled=false") is None
