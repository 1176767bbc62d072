"""Alerts and dashboards: Prometheus accepts every rule, and each names metrics that the processes have."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from mesh.edge.cache.metrics import observe_cache
from mesh.edge.cache.tally import Tally
from mesh.telemetry import setup
from mesh.telemetry.metrics import OutboxState
from tests.chart.rendering import CHART, kinds, render

ALERTS, DASHBOARDS = sorted((CHART / "files/alerts").iterdir()), sorted((CHART / "files/dashboards").iterdir())
LABELS = re.compile(r"\{[^}]*\}|\bby \([^)]*\)")
METRIC = re.compile(r"\b(?:hamlet|rpc|envoy)_[a-z_]+\b")
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is Debian's package prometheus; `make chart-test` asks for it"
)
ENVOY = frozenset({"envoy_http_downstream_rq_xx", "envoy_http_downstream_rq_total"})
"""Asked of a real Envoy in tests/integration/edge/test_edge_status.py."""


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names that Prometheus reads from a service and from the cache."""
    telemetry, folder = setup("blog", environment={}), tmp_path_factory.mktemp("cache")
    instruments = telemetry.instruments
    instruments.observe_outbox("blog", lambda: OutboxState(1, 1.0))
    instruments.shed("/a.B/C")
    instruments.in_flight["/a.B/C"] = 1
    instruments.inference_queue.add(1)
    instruments.inference_wait.record(1)
    instruments.inference_batch.record(1)
    instruments.server_duration.series({"rpc.method": "a.B/C"}).record(1)
    (folder / "tally.log").write_text("")
    tally = Tally(folder / "tally.log", {})
    tally.counts[("GetPost", "HIT")] = 1
    observe_cache(telemetry.meter_provider.get_meter("cache"), tally, folder)
    text = generate_latest(telemetry.registry).decode()
    telemetry.shutdown()
    return frozenset(re.findall(r"^([a-z_]+)(?:\{.*\})? ", text, re.MULTILINE)) | ENVOY


def named_in(expression: str) -> set[str]:
    return set(METRIC.findall(LABELS.sub("", expression)))


def test_every_file_is_one_that_is_shipped() -> None:
    """A glob by ending would leave others behind, silently (opentelemetry-demo ships no rule of its `.yml`)."""
    assert {path.suffix for path in ALERTS} == {".yaml"}
    assert {path.suffix for path in DASHBOARDS} == {".json"}


@needs_promtool
def test_prometheus_accepts_every_rule(tmp_path: Path) -> None:
    rules = kinds(render("production"), "PrometheusRule")
    shipped = {each["metadata"]["name"]: yaml.safe_dump(each["spec"]) for each in rules}
    texts = next(
        each for each in kinds(render("no-jaeger"), "ConfigMap") if each["metadata"]["name"].endswith("-alerts")
    )
    shipped |= texts["data"]
    assert len(shipped) == 2 * len(ALERTS)
    for name, text in shipped.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["promtool", "check", "rules", *tmp_path.iterdir()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / name).write_text(text.replace("expr: |", "expr: sum(("))
    broken = subprocess.run(["promtool", "check", "rules", tmp_path / name], capture_output=True, check=False)
    assert broken.returncode != 0


@needs_promtool
def test_each_alert_fires_for_what_it_is_meant_for_and_else_is_silent(tmp_path: Path) -> None:
    for path in (*ALERTS, Path(__file__).with_name("alerts_test.yaml")):
        shutil.copy(path, tmp_path)
    done = subprocess.run(
        ["promtool", "test", "rules", "alerts_test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    alerts = {rule["alert"] for path in ALERTS for group in _groups(path) for rule in group if "alert" in rule}
    tried = (tmp_path / "alerts_test.yaml").read_text().split("one in twenty")[1]
    assert {each for each in alerts if f'"{each}"' not in tried} == set()


def _groups(path: Path) -> list[list[dict[str, Any]]]:
    return [group["rules"] for group in yaml.safe_load(path.read_text())["groups"]]


def test_alerts_watch_metrics_that_exist(metrics: frozenset[str]) -> None:
    for path in ALERTS:
        for group in _groups(path):
            for rule in group:
                named = named_in(rule["expr"])
                assert named or "up{" in rule["expr"] or "hamlet:" in rule["expr"], rule
                assert named <= metrics, rule
                if "alert" in rule:
                    assert rule["labels"]["severity"] in {"page", "ticket"}
                    assert {"summary", "description"} <= set(rule["annotations"])


def test_dashboards_show_metrics_that_exist(metrics: frozenset[str]) -> None:
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        assert len(expressions) >= 10
        for each in expressions:
            assert named_in(each) <= metrics, each
            assert 'namespace="$namespace"' in each, each


def test_they_are_off_until_they_are_asked_for() -> None:
    assert kinds(render(), "PrometheusRule", "ServiceMonitor") == []
    assert [each for each in kinds(render(), "ConfigMap") if "dashboard" in each["metadata"]["name"]] == []
    shown = [each for each in kinds(render("production"), "ConfigMap") if "dashboard" in each["metadata"]["name"]]
    assert [each["metadata"]["labels"]["grafana_dashboard"] for each in shown] == ["1"]


def test_every_component_is_watched() -> None:
    monitors = kinds(render("production"), "ServiceMonitor")
    watched = {each["spec"]["selector"]["matchLabels"]["app.kubernetes.io/component"] for each in monitors}
    assert watched == {"account", "blog", "comment", "spam", "edge"}
    assert {each["metadata"]["labels"]["release"] for each in monitors} == {"prometheus"}
