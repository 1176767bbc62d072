"""What every pod promises: how it leaves, who it is, what it may, what it is told."""

import pytest

from tests.chart.rendering import OF_VALUES, Manifest, containers, kinds, name_of, pods, render
from tests.chart.settings_of import known_variables, parsed

OURS = ("account", "blog", "comment", "spam", "envoy", "cache")
EVERY = pytest.mark.parametrize("values", OF_VALUES)


def deployments(values: str, *settings: str) -> dict[str, Manifest]:
    return {
        each["metadata"]["name"].removeprefix("village-hamlet-"): each
        for each in kinds(render(values, *settings), "Deployment")
    }


@EVERY
def test_the_restricted_standard_is_kept(values: str) -> None:
    """Kubernetes' Pod Security Standard `restricted`, and a root folder that nobody can write."""
    for name, container, pod in containers(render(values)):
        security, of_pod = container["securityContext"], pod["spec"]["securityContext"]
        assert security["allowPrivilegeEscalation"] is False, name
        assert security["capabilities"] == {"drop": ["ALL"]}, name
        assert security["readOnlyRootFilesystem"] is True, name
        assert of_pod["runAsNonRoot"] is True, name
        assert of_pod["runAsUser"] >= 10_000, name
        assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod["spec"]), name
        kept = [set(volume) - {"name"} for volume in pod["spec"].get("volumes", [])]
        assert all(each <= {"configMap", "emptyDir", "secret", "persistentVolumeClaim"} for each in kept), name
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
        assert "memory" in container["resources"]["limits"], name


def test_a_volume_can_be_told_to_who_takes_backups() -> None:
    documents = render("minimal", "blog.storage.annotations.backup=daily")
    told = {
        each["metadata"]["name"]: each["metadata"]["annotations"] for each in kinds(documents, "PersistentVolumeClaim")
    }
    assert told["village-hamlet-blog"] == {"helm.sh/resource-policy": "keep", "backup": "daily"}
    assert told["village-hamlet-account"] == {"helm.sh/resource-policy": "keep"}


@EVERY
def test_no_token_is_mounted_but_for_the_certificates(values: str) -> None:
    mounted = {name for name, pod in pods(render(values)) if pod["spec"]["automountServiceAccountToken"]}
    allowed = {"Job/village-hamlet-certificates-1", "CronJob/village-hamlet-certificates-renewal"}
    assert mounted == (allowed if values in {"minimal", "gpu", "no-jaeger", "postgres"} else set())
    accounts = kinds(render(values), "ServiceAccount")
    assert all(each["automountServiceAccountToken"] is False for each in accounts)


@EVERY
def test_each_component_is_somebody(values: str) -> None:
    accounts = {each["metadata"]["name"] for each in kinds(render(values), "ServiceAccount")}
    for name, pod in pods(render(values)):
        component = pod["metadata"]["labels"]["app.kubernetes.io/component"]
        if component in {"account", "blog", "comment", "spam", "edge", "operator"}:
            assert pod["spec"]["serviceAccountName"] == f"village-hamlet-{component}", name
            assert pod["spec"]["serviceAccountName"] in accounts


@EVERY
def test_a_pod_has_time_to_leave(values: str) -> None:
    """The drain contract: preStop, then NOT_SERVING for the drain, then the grace, then the last spans."""
    for name, container, pod in containers(render(values)):
        if container["name"] not in OURS:
            continue
        told = settings_of(render(values))
        before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        needed = before + float(told["HAMLET_DRAIN_SECONDS"]) + float(told["HAMLET_GRACE_SECONDS"])
        assert pod["spec"]["terminationGracePeriodSeconds"] >= needed + 5, name
        assert before >= 1, name


def test_envoy_outlives_the_cache_before_it() -> None:
    envoy, cache = (
        next(each for _, each, _ in containers(render()) if each["name"] == name) for name in ("envoy", "cache")
    )
    drain = float(next(each["value"] for each in cache["env"] if each["name"] == "HAMLET_EDGE_DRAIN_SECONDS"))
    after = envoy["lifecycle"]["preStop"]["sleep"]["seconds"] - cache["lifecycle"]["preStop"]["sleep"]["seconds"]
    # What CacheProcess waits, and the second that nginx has after SIGTERM.
    assert after >= drain + 3 + 1


@EVERY
def test_a_rollout_takes_nobody_away_before_the_next_is_there(values: str) -> None:
    for name, each in deployments(values).items():
        strategy = each["spec"]["strategy"]
        if strategy.get("type") == "Recreate":
            assert any("persistentVolumeClaim" in volume for volume in each["spec"]["template"]["spec"]["volumes"]), (
                name
            )
        else:
            assert strategy["rollingUpdate"]["maxUnavailable"] == 0, name


def test_a_database_of_one_replica_is_never_opened_by_two() -> None:
    volumes = {each["metadata"]["name"] for each in kinds(render(), "PersistentVolumeClaim")}
    assert volumes == {f"village-hamlet-{name}" for name in ("account", "blog", "comment")}
    for name in ("account", "blog", "comment"):
        assert deployments("minimal")[name]["spec"]["strategy"] == {"type": "Recreate"}
        assert deployments("minimal")[name]["spec"]["replicas"] == 1
    assert kinds(render("postgres"), "PersistentVolumeClaim") == []


@EVERY
def test_services_are_probed_by_kubernetes_own_grpc(values: str) -> None:
    for name, container, _ in containers(render(values)):
        if container["name"] in {"account", "blog", "comment", "spam"}:
            assert container["readinessProbe"]["grpc"] == {"port": 50052}, name
            assert container["livenessProbe"]["grpc"] == {"port": 50052, "service": "live"}, name
            assert container["startupProbe"]["grpc"] == {"port": 50052, "service": "live"}, name
        elif container["name"] in OURS:
            assert {"readinessProbe", "livenessProbe", "startupProbe"} <= set(container), name


@EVERY
def test_every_variable_is_one_that_a_process_reads(values: str) -> None:
    told = {each["name"] for _, container, _ in containers(render(values)) for each in container.get("env", [])}
    told |= set(settings_of(render(values)))
    assert told - known_variables() == set()


@EVERY
def test_every_variable_has_a_value_that_its_process_takes(values: str) -> None:
    documents = render(values)
    for _, container, _ in containers(documents):
        own = {each["name"]: each["value"] for each in container.get("env", []) if "value" in each}
        shared = settings_of(documents) if container["name"] in OURS else {}
        parsed({**shared, **own})


@EVERY
def test_secrets_are_named_and_never_written(values: str) -> None:
    assert kinds(render(values), "Secret") == []
    for name, container, _ in containers(render(values)):
        for each in container.get("env", []):
            if any(word in each["name"] for word in ("URL_SECRET", "PASSWORD", "KEY_SECRET", "DATABASE_URL")):
                assert set(each) == {"name", "valueFrom"}, f"{name} {each['name']}"


@EVERY
def test_replicas_are_the_autoscaler_s_where_there_is_one(values: str) -> None:
    scalers = kinds(render(values), "HorizontalPodAutoscaler", "ScaledObject")
    scaled = {each["spec"]["scaleTargetRef"]["name"] for each in scalers}
    for each in kinds(render(values), "Deployment"):
        assert ("replicas" in each["spec"]) == (each["metadata"]["name"] not in scaled), name_of(each)


@EVERY
def test_who_has_two_keeps_one_at_a_node_s_drain(values: str) -> None:
    budgets = {each["metadata"]["name"] for each in kinds(render(values), "PodDisruptionBudget")}
    several = {"production": {"account", "blog", "comment", "spam", "edge"}, "linkerd": {"blog"}, "istio": {"blog"}}
    assert budgets == {f"village-hamlet-{name}" for name in several.get(values, {"spam"} if values == "gpu" else set())}


def test_a_changed_setting_rolls_every_pod() -> None:
    before, after = deployments("minimal"), deployments("minimal", "shutdown.graceSeconds=20")
    for name in ("account", "blog", "comment", "spam", "edge"):
        key = "checksum/settings"
        changed = [each[name]["spec"]["template"]["metadata"]["annotations"][key] for each in (before, after)]
        assert changed[0] != changed[1], name
    fewer = deployments("minimal", "jaeger.maxTraces=7")
    both = [each["jaeger"]["spec"]["template"]["metadata"]["annotations"] for each in (before, fewer)]
    assert both[0] != both[1]


def settings_of(documents: tuple[Manifest, ...]) -> dict[str, str]:
    data: dict[str, str] = next(
        each["data"] for each in kinds(documents, "ConfigMap") if each["metadata"]["name"] == "village-hamlet-settings"
    )
    return data
