"""Who may reach whom is the contracts' matrix, in network policies and in the rules of sidecar meshes."""

from typing import Any

import pytest
import yaml

from tests.chart.rendering import CHART, OF_VALUES, Manifest, kinds, name_of, pods, render

POLICY: dict[str, Any] = yaml.safe_load((CHART / "files" / "policy.yaml").read_text())
SERVICES: dict[str, Any] = POLICY["services"]
COMPONENT = "app.kubernetes.io/component"


def network(values: str = "minimal", *settings: str) -> dict[str, Manifest]:
    found = kinds(render(values, *settings), "NetworkPolicy")
    return {each["metadata"]["name"].removeprefix("village-hamlet-"): each["spec"] for each in found}


def components(peers: list[Manifest]) -> set[str]:
    return {each["podSelector"]["matchLabels"].get(COMPONENT, "*") for each in peers if "podSelector" in each}


def test_without_a_rule_nothing_is_reached() -> None:
    default = network()["default"]
    assert default["policyTypes"] == ["Ingress", "Egress"]
    assert {"ingress", "egress"}.isdisjoint(default)
    assert COMPONENT not in default["podSelector"]["matchLabels"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_reached_by_whom_its_contracts_admit(service: str) -> None:
    rules = [each for each in network()[service]["ingress"] if {"port": "grpc"} in each["ports"]]
    assert len(rules) == 1
    assert components(rules[0]["from"]) == set(SERVICES[service]["callers"])


@pytest.mark.parametrize("workload", POLICY["workloads"])
def test_a_workload_reaches_whom_the_contracts_let_it(workload: str) -> None:
    rules = [each for each in network()[workload]["egress"] if {"port": 50051} in each["ports"]]
    reached = set().union(*(components(each["to"]) for each in rules))
    assert reached == {name for name, service in SERVICES.items() if workload in service["callers"]}


def test_health_over_plaintext_is_for_the_node_alone() -> None:
    """No rule names the probes' port: a kubelet's own probes are let through by every network plugin."""
    for name, policy in network("production").items():
        ports = [port["port"] for rule in policy.get("ingress", []) for port in rule.get("ports", [])]
        assert not {"health", 50052} & set(ports), name
        if name in {"account", "blog", "comment", "spam", "edge"}:
            assert all(rule.get("ports") for rule in policy["ingress"]), name


@pytest.mark.parametrize("values", OF_VALUES)
def test_every_pod_has_a_policy_of_its_own(values: str) -> None:
    chosen = {policy["podSelector"]["matchLabels"].get(COMPONENT) for policy in network(values).values()}
    for name, pod in pods(render(values)):
        assert pod["metadata"]["labels"][COMPONENT] in chosen, name


def test_the_databases_are_reached_by_their_services_and_their_migrations() -> None:
    reaching = {name for name, policy in network("postgres").items() if "5432" in str(policy)}
    owners = {"account", "blog", "comment"}
    assert reaching == owners | {f"migrate-{name}" for name in owners}
    assert "5432" not in str(network())


def test_policies_can_be_left_to_somebody_else() -> None:
    assert network("minimal", "networkPolicy.enabled=false") == {}


def matrix(service: str) -> dict[str, set[str]]:
    """Who may call each RPC; `*` is every workload of the release."""
    rpcs = SERVICES[service]["rpcs"].items()
    return {path: set(POLICY["workloads"]) if "*" in named else set(named) for path, named in rpcs}


@pytest.mark.parametrize("service", SERVICES)
def test_istio_is_told_the_same_matrix(service: str) -> None:
    rules = _one("istio", "AuthorizationPolicy", service)["spec"]["rules"]
    told = {
        path: {principal.rsplit("village-hamlet-", 1)[1] for principal in rule["from"][0]["source"]["principals"]}
        for rule in rules
        for path in rule["to"][0]["operation"]["paths"]
    }
    health = {path for path in told if path.startswith("/grpc.health.")}
    assert {path: who for path, who in told.items() if path not in health} == matrix(service)
    assert health
    principals = [each for rule in rules for each in rule["from"][0]["source"]["principals"]]
    assert all(each.startswith("cluster.local/ns/hamlet/sa/village-hamlet-") for each in principals)


@pytest.mark.parametrize("service", SERVICES)
def test_linkerd_is_told_the_same_matrix(service: str) -> None:
    documents = render("linkerd")
    assert _one("linkerd", "Server", service)["spec"]["podSelector"]["matchLabels"][COMPONENT] == service
    told: dict[str, set[str]] = {}
    for policy in kinds(documents, "AuthorizationPolicy"):
        if policy["metadata"]["labels"][COMPONENT] != service:
            continue
        route = _named("linkerd", "HTTPRoute", policy["spec"]["targetRef"]["name"])
        who = _named("linkerd", "MeshTLSAuthentication", policy["spec"]["requiredAuthenticationRefs"][0]["name"])
        assert route["spec"]["parentRefs"][0]["name"] == f"village-hamlet-{service}"
        callers = {each["name"].removeprefix("village-hamlet-") for each in who["spec"]["identityRefs"]}
        rules = [rule["matches"] for rule in route["spec"]["rules"]]
        # What the route's definition takes.
        assert len(rules) <= 16
        assert max(map(len, rules)) <= 8
        told |= {match["path"]["value"]: callers for matches in rules for match in matches}
    assert {path: who for path, who in told.items() if not path.startswith("/grpc.health.")} == matrix(service)


def test_calls_are_repeated_in_one_place_only() -> None:
    """Istio repeats twice unless it is told not to; Linkerd does not unless it is told to."""
    services = {each["spec"]["hosts"][0]: each for each in kinds(render("istio"), "VirtualService")}
    assert set(services) == {f"village-hamlet-{name}" for name in SERVICES}
    for name, each in services.items():
        assert all(route["retries"] == {"attempts": 0} for route in each["spec"]["http"]), name
    assert "retry" not in str(render("linkerd")).lower()


def _one(values: str, kind: str, service: str) -> Manifest:
    return _named(values, kind, f"village-hamlet-{service}")


def _named(values: str, kind: str, name: str) -> Manifest:
    found = [each for each in kinds(render(values), kind) if each["metadata"]["name"] == name]
    assert len(found) == 1, [name_of(each) for each in found]
    return found[0]
