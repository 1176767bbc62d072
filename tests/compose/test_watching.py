"""What watches a composed village: the chart's own rules, dashboards and pipelines, pointed at compose's names."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.rendering import kinds, render
from tests.chart.test_monitoring import needs_promtool
from tests.compose.contradictions import listening
from tests.compose.sources import ROOT, compose, of_compose

TELEMETRY = ROOT / "docker" / "telemetry"
GRAFANA = TELEMETRY / "grafana"
PROMETHEUS = TELEMETRY / "prometheus.yaml"


def loaded(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("name", ["collector", "jaeger"])
def test_a_pipeline_is_the_chart_s(name: str) -> None:
    """There is no binary of either here that could check it; the chart's has been read by as many eyes."""
    maps = kinds(render("minimal", "telemetry.collector.enabled=true"), "ConfigMap")
    charted = next(each for each in maps if each["metadata"]["name"].endswith(f"-{name}"))["data"]["config.yaml"]
    assert loaded(TELEMETRY / f"{name}.yaml") == yaml.safe_load(charted.replace("village-hamlet-", ""))


@pytest.mark.parametrize("name", ["collector", "jaeger"])
def test_a_pipeline_uses_what_it_defines_and_defines_what_it_uses(name: str) -> None:
    config = loaded(TELEMETRY / f"{name}.yaml")
    for kind in ("receivers", "processors", "exporters"):
        used = {each for pipeline in config["service"]["pipelines"].values() for each in pipeline[kind]}
        assert used == config[kind].keys()
    assert set(config["service"]["extensions"]) == config["extensions"].keys()


def test_spans_go_from_the_services_to_the_collector_and_on_to_jaeger() -> None:
    collector, jaeger = loaded(TELEMETRY / "collector.yaml"), loaded(TELEMETRY / "jaeger.yaml")
    receives = collector["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    passes_on = collector["exporters"]["otlp/jaeger"]["endpoint"]
    told = {each.environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") for each in of_compose().values()} - {None}
    assert told == {f"http://collector:{receives}"}
    assert passes_on == "jaeger:" + jaeger["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]


@needs_promtool
def test_prometheus_takes_its_configuration_with_the_chart_s_rules(tmp_path: Path) -> None:
    """Where the rules are mounted, so that a rule that is wrong for this Prometheus is found as well."""
    mounts = [each.split(":") for each in compose()["prometheus"]["volumes"] if each.startswith(".")]
    [rules] = loaded(PROMETHEUS)["rule_files"]
    source = next(ROOT / "docker" / here for here, there, _ in mounts if there == str(Path(rules).parent))
    shutil.copytree(source, tmp_path / "alerts")
    text = PROMETHEUS.read_text().replace(rules, f"{tmp_path}/alerts/*.yaml")
    (tmp_path / "prometheus.yml").write_text(text)
    good = promtool(tmp_path)
    assert good.returncode == 0, good.stdout + good.stderr
    assert f"SUCCESS: {len(list(source.iterdir()))} rule files found" in good.stdout
    (tmp_path / "prometheus.yml").write_text(text.replace("refresh_interval", "refresh_intervall"))
    assert promtool(tmp_path).returncode != 0


def promtool(folder: Path) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = ["promtool", "check", "config", folder / "prometheus.yml"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_prometheus_asks_everybody_where_they_tell_of_themselves() -> None:
    components = of_compose()
    asked: dict[str, set[int]] = {}
    for job in loaded(PROMETHEUS)["scrape_configs"]:
        for each in job.get("dns_sd_configs", ()):
            asked.setdefault(each["names"][0], set()).add(each["port"])
        for each in job.get("static_configs", ()):
            for target in each["targets"]:
                host, _, port = target.partition(":")
                asked.setdefault(host, set()).add(int(port))
    del asked["127.0.0.1"]
    collector = loaded(TELEMETRY / "collector.yaml")["service"]["telemetry"]["metrics"]["readers"]
    assert asked.pop("collector") == {collector[0]["pull"]["exporter"]["prometheus"]["port"]}
    assert asked.keys() == {"account", "blog", "comment", "spam", "edge", "cache"}
    for name, ports in asked.items():
        assert ports <= listening(name, components[name]), name
        assert set(compose()[name]["networks"]) & set(compose()["prometheus"]["networks"]), name


def test_jobs_and_labels_are_those_that_alerts_and_dashboards_go_by() -> None:
    jobs = {each["job_name"]: each for each in loaded(PROMETHEUS)["scrape_configs"]}
    assert jobs.keys() >= {"account", "blog", "comment", "spam", "edge"}
    for job in jobs.values():
        assert {"target_label": "namespace", "replacement": "compose"} in job["relabel_configs"]


def test_grafana_asks_prometheus_and_jaeger_where_they_are() -> None:
    sources = {each["type"]: each for each in loaded(GRAFANA / "datasources.yaml")["datasources"]}
    for kind, port in (("prometheus", 9090), ("jaeger", 16686)):
        assert sources[kind]["url"] == f"http://{kind}:{port}"
        assert f"127.0.0.1:{port}:{port}" in compose()[kind]["ports"]
        assert set(compose()[kind]["networks"]) & set(compose()["grafana"]["networks"])
    link = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert [each["datasourceUid"] for each in link] == [sources["jaeger"]["uid"]]
    assert "--enable-feature=exemplar-storage" in compose()["prometheus"]["command"]


def test_grafana_finds_the_chart_s_dashboards_where_it_looks() -> None:
    [provider] = loaded(GRAFANA / "dashboards.yaml")["providers"]
    mounts = {each.split(":")[1]: each.split(":")[0] for each in compose()["grafana"]["volumes"]}
    folder = ROOT / "docker" / mounts[provider["options"]["path"]]
    assert folder.resolve() == ROOT / "helm" / "hamlet" / "files" / "dashboards"
    for path in folder.iterdir():
        variables = json.loads(path.read_text())["templating"]["list"]
        assert [each["query"] for each in variables if each["type"] == "datasource"] == ["prometheus"]
