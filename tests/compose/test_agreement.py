"""compose.yaml, the chart and `hamlet up` describe one village, and who changes one of them hears of the others."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.chart.settings_of import parsed
from tests.compose.contradictions import Descriptions, contradictions
from tests.compose.sources import GPU, compose, of_chart, of_compose, of_up

Change = Callable[[dict[str, Any]], object]


def against(services: dict[str, Any]) -> list[str]:
    return contradictions(Descriptions(of_compose(services), of_chart(), of_up()))


def test_the_three_agree() -> None:
    assert against(compose()) == []


PLANTED: dict[str, tuple[Change, str]] = {
    "a component": (lambda s: s.pop("certificates-renewal"), "compose has no certificates-renewal"),
    "a stranger": (lambda s: s.update(mail=s["blog"]), "chart has no mail"),
    "a command": (
        lambda s: s["blog"].update(command=["python", "-m", "services.account"]),
        "blog runs -m services.account in compose and -m services.blog in chart",
    ),
    "a misspelt variable": (
        lambda s: s["spam"]["environment"].update(HAMLET_SPAM_DEVIZE="cpu"),
        "compose tells spam HAMLET_SPAM_DEVIZE, which nothing reads",
    ),
    "a forgotten variable": (
        lambda s: s["comment"]["environment"].pop("HAMLET_COMMENT_UNJUDGED"),
        "compose does not tell comment HAMLET_COMMENT_UNJUDGED",
    ),
    "another value": (
        lambda s: s["edge"]["environment"].update(HAMLET_EDGE_GRACE_SECONDS="1"),
        "HAMLET_EDGE_GRACE_SECONDS of edge is 1 in compose and 10 in the chart",
    ),
    "a port": (
        lambda s: s["blog"]["environment"].update(HAMLET_BLOG_LISTEN="0.0.0.0:50055"),
        "blog listens on [9464, 50052, 50055] in compose and on [9464, 50051, 50052] in the chart",
    ),
    "a target": (
        lambda s: s["comment"]["environment"].update(HAMLET_SPAM_TARGET="dns:///spam:50054"),
        "HAMLET_SPAM_TARGET of comment is dns:///spam:50054, where nobody listens",
    ),
    "a closed door": (
        lambda s: s["edge"].update(ports=["127.0.0.1:8082:8082"]),
        "compose publishes [8082] of edge, where nobody listens",
    ),
    "another door": (
        lambda s: s["cache"].update(ports=[]),
        "the doors of cache are [] in compose and [8080] in `hamlet up`",
    ),
    "memory": (lambda s: s["spam"].update(mem_limit="1g"), "spam may take 1024 MiB in compose and 2048 in the chart"),
    "patience": (
        lambda s: s["account"].update(stop_grace_period="10s"),
        "account leaves within 10 s in compose and 22 s in the chart",
    ),
    "an image": (
        lambda s: s["jaeger"].update(image="docker.io/jaegertracing/jaeger:2.0.0"),
        "the image of jaeger is docker.io/jaegertracing/jaeger:2.0.0 in compose and "
        "docker.io/jaegertracing/jaeger:2.13.0 in the chart",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_contradiction_is_found(what: str) -> None:
    change, sentence = PLANTED[what]
    services = deepcopy(compose())
    change(services)
    assert sentence in against(services)


def test_an_explanation_of_what_is_no_difference_is_found() -> None:
    services = deepcopy(compose())
    services["walk"]["environment"]["HAMLET_URL"] = "http://edge:80"
    assert "differences.py explains ('HAMLET_URL',), which is no difference" in against(services)


@pytest.mark.parametrize("name", ["account", "blog", "comment", "spam", "edge", "cache"])
def test_every_value_is_one_that_its_process_takes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the secrets' files, which are elsewhere."""
    told = of_compose()[name].environment
    parsed({key: value for key, value in told.items() if value is not None and not key.endswith("_FILE")})


def test_the_gpu_file_changes_what_the_chart_changes_for_a_gpu() -> None:
    import yaml

    from tests.chart.rendering import containers, render

    spam = yaml.safe_load(GPU.read_text())["services"]["spam"]
    charted = next(each for where, each, _ in containers(render("gpu")) if "spam-gpu" in where)
    assert {each["name"]: each["value"] for each in charted["env"]} == spam["environment"]
    assert "hamlet-spam-cuda:" in charted["image"]
    assert "hamlet-spam-cuda:" in spam["image"]
    assert charted["resources"]["limits"]["memory"] == "4Gi"
    assert spam["mem_limit"] == "4g"
    [device] = spam["deploy"]["resources"]["reservations"]["devices"]
    assert (device["count"], device["capabilities"]) == (charted["resources"]["limits"]["nvidia.com/gpu"], ["gpu"])
