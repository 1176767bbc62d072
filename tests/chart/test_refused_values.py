"""Wrong values stop the render: the schema says which value and what it may be, a contradiction what to do instead."""

import pytest

from tests.chart.rendering import refusal, template

WRONG = {
    "meshMode=consul": ("meshMode", '"direct", "linkerd", "istio"'),
    "blog.replcas=2": ("blog", "replcas is not allowed"),
    "replicas=2": ("(root)", "replicas is not allowed"),
    "blog.replicas=0": ("blog.replicas", "greater than or equal to 1"),
    "blog.replicas=two": ("blog.replicas", "Expected: integer"),
    "edge.samplingPercent=200": ("edge.samplingPercent", "less than or equal to 100"),
    "edge.service.type=ExternalName": ("edge.service.type", '"ClusterIP", "LoadBalancer", "NodePort"'),
    "edge.service.httpPort=70000": ("edge.service.httpPort", "less than or equal to 65535"),
    'edge.allowedOrigins=["blog.example.com"]': ("edge.allowedOrigins.0", "Does not match pattern"),
    "images.pullPolicy=Sometimes": ("images.pullPolicy", '"IfNotPresent", "Always", "Never"'),
    "images.services.digest=latest": ("images.services.digest", "sha256:"),
    "trustDomain=Hamlet Internal": ("trustDomain", "Does not match pattern"),
    "shutdown.drainSeconds=0": ("shutdown.drainSeconds", "greater than or equal to 1"),
    "comment.unjudged=MAYBE": ("comment.unjudged", '"HOLD", "SHOW"'),
    "blog.storage.size=lots": ("blog.storage.size", "one and only one schema"),
    'blog.storage.annotations={"keep":7}': ("blog.storage.annotations.keep", "Expected: string"),
    "blog.spread=Sometimes": ("blog.spread", '"ScheduleAnyway", "DoNotSchedule"'),
    "blog.database.urlSecret.name=My_Secret": ("blog.database.urlSecret.name", "Does not match pattern"),
    'blog.env={"lower case":"x"}': ("blog.env", "not match"),
    "certificates.source=vault": ("certificates.source", '"job", "cert-manager"'),
    "certificates.job.schedule=daily": ("certificates.job.schedule", "Does not match pattern"),
    "telemetry.endpoint=collector:4317": ("telemetry.endpoint", "http://"),
    "telemetry.endpoint=https://collector:4317": ("telemetry.endpoint", "Does not match pattern"),
    "monitoring.rules=true": ("monitoring.rules", '"off", "configmap", "prometheusrule"'),
    "admin.password=hunter2": ("admin", "password is not allowed"),
    "defaults.autoscaling.cpuPercent=150": ("defaults.autoscaling.cpuPercent", "less than or equal to 100"),
    "edge.canary.weight=101": ("edge.canary.weight", "less than or equal to 100"),
}

POSTGRES = ("blog.database.urlSecret.name=blog-db-app",)
CONTRADICTIONS = {
    ("blog.replicas=2",): ("blog is on SQLite", "urlSecret"),
    ("defaults.replicas=3",): ("account is on SQLite", "leave account.replicas at 1"),
    ("comment.autoscaling.enabled=true",): ("comment is on SQLite", "autoscaler", "PostgreSQL"),
    ("account.canary.enabled=true", "account.canary.tag=rc2"): ("account is on SQLite", "canary"),
    (*POSTGRES, "blog.canary.enabled=true"): ("blog.canary.tag",),
    (*POSTGRES, "blog.canary.enabled=true", "blog.canary.tag=rc2", "blog.canary.weight=5"): (
        "blog.canary.weight has no effect",
        "replicas",
    ),
    ("edge.canary.enabled=true", "edge.canary.tag=rc2", "edge.canary.weight=5"): ("gateway.enabled",),
    ("gateway.enabled=true",): ("gateway.parentRefs",),
    ("edge.autoscaling.enabled=true", "edge.autoscaling.minReplicas=20"): ("minReplicas (20)", "maxReplicas (10)"),
    ("edge.autoscaling.enabled=true", "edge.autoscaling.cpuPercent=0"): ("nothing to scale on",),
    ("edge.autoscaling.queueDepth=5",): ("only spam has a queue",),
    (
        "spam.autoscaling.enabled=true",
        "spam.autoscaling.keda=true",
        "spam.autoscaling.queueDepth=5",
    ): ("keda.prometheusAddress",),
    ("spam.gpu.enabled=true", "spam.gpu.replicas=0"): ("makes no pod",),
    ("jaeger.enabled=false", "telemetry.collector.enabled=true"): ("without anybody to send to",),
    ("telemetry.collector.enabled=true", "telemetry.endpoint=http://elsewhere:4317"): ("exclude each other",),
    ("telemetry.collector.enabled=true", 'telemetry.collector.exporters={"jaeger":{"endpoint":"a:1"}}'): (
        "Choose another",
    ),
    ("meshMode=istio", "certificates.source=cert-manager"): ("meshMode istio does TLS itself",),
}


def test_there_are_enough_of_them() -> None:
    assert len(WRONG) >= 20


@pytest.mark.parametrize("value", WRONG)
def test_the_schema_says_which_value_and_why(value: str) -> None:
    said = refusal(value)
    where, why = WRONG[value]
    line = next((each for each in said.splitlines() if each.startswith(f"- {where}")), said)
    assert line.startswith(f"- {where}"), said
    assert why in line, said


@pytest.mark.parametrize("values", CONTRADICTIONS, ids=" ".join)
def test_a_contradiction_says_what_to_do(values: tuple[str, ...]) -> None:
    said = refusal(*values)
    for part in CONTRADICTIONS[values]:
        assert part in said


def test_what_helm_hands_down_is_no_wrong_value() -> None:
    """A chart that holds this one sets `global` and `enabled`; names may be overridden (cert-manager#7329)."""
    given = ("global.anything=x", "enabled=true", "nameOverride=village", "fullnameOverride=hall")
    done = template(*(f"--set={each}" for each in given))
    assert done.returncode == 0, done.stderr
    assert "name: hall-blog\n" in done.stdout
