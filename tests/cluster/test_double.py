"""The double is not too lenient: it refuses what Kubernetes refuses, and merges as Kubernetes merges."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.double.cluster import Double

CORE, APPS = "/api/v1/namespaces/default", "/apis/apps/v1/namespaces/default"
APPLY = "application/apply-patch+yaml"
STRATEGIC = "application/strategic-merge-patch+json"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Double() as double:
        yield double.url
        assert double.faults == []


def ask(url: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, Any]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{url}{path}", data, {"content-type": "application/json", **named}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def apply(url: str, manager: str, document: dict[str, Any], **query: str) -> tuple[int, dict[str, Any]]:
    parameters = "&".join(f"{name}={value}" for name, value in {"fieldManager": manager, **query}.items())
    path = f"{APPS}/deployments/{document['metadata']['name']}?{parameters}"
    return ask(url, "PATCH", path, document, content_type=APPLY)


def config(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name: str, **environment: str) -> dict[str, Any]:
    env = [{"name": key, "value": value} for key, value in environment.items()]
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "it", "image": "there-is-none", "env": env}]},
    }
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def environment_of(document: dict[str, Any]) -> dict[str, str]:
    env = document["spec"]["template"]["spec"]["containers"][0].get("env", [])
    return {each["name"]: each["value"] for each in env}


def test_what_is_there_is_not_made_again(url: str) -> None:
    assert ask(url, "POST", f"{CORE}/configmaps", config("twice"))[0] == 201
    code, status = ask(url, "POST", f"{CORE}/configmaps", config("twice"))
    assert (code, status["kind"], status["reason"]) == (409, "Status", "AlreadyExists")


def test_what_was_changed_meanwhile_is_not_overwritten(url: str) -> None:
    _, made = ask(url, "POST", f"{CORE}/configmaps", config("versioned", a="1"))
    changed = {**made, "data": {"a": "2"}}
    assert ask(url, "PUT", f"{CORE}/configmaps/versioned", changed)[0] == 200
    code, status = ask(url, "PUT", f"{CORE}/configmaps/versioned", {**made, "data": {"a": "3"}})
    assert (code, status["reason"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{CORE}/configmaps/nobody"),
        ("DELETE", f"{CORE}/configmaps/nobody"),
        ("GET", f"{CORE}/widgets"),
        ("GET", "/apis/cert-manager.io/v1/namespaces/default/certificates"),
        ("GET", f"{CORE}/pods/x/exec"),
    ],
)
def test_what_is_not_there_is_not_found(url: str, method: str, path: str) -> None:
    code, status = ask(url, method, path)
    assert (code, status["reason"]) == (404, "NotFound")


def test_a_namespace_has_to_be_there(url: str) -> None:
    assert ask(url, "POST", "/api/v1/namespaces/nowhere/configmaps", config("x"))[0] == 404


def test_a_parameter_that_would_be_ignored_is_refused(url: str) -> None:
    assert ask(url, "POST", f"{CORE}/configmaps?dryRun=All", config("dry"))[0] == 400


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        (("spec", "replica"), 2, 400),
        (("spec", "replicas"), "two", 422),
        (("spec", "template", "spec", "containers", 0, "port"), [], 400),
        (("spec", "template", "metadata", "labels"), {"app": "other"}, 422),
        (("spec", "strategy"), {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}, 422),
        (("metadata", "name"), "Not_A_Name", 422),
        (("metadata", "labels"), {"app": "x" * 64}, 422),
        (("kind",), "ReplicaSet", 400),
        (("metadata", "namespace"), "other", 400),
    ],
)
def test_what_is_not_valid_is_refused(url: str, place: tuple[Any, ...], value: object, code: int) -> None:
    document = deployment("wrong")
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    assert ask(url, "POST", f"{APPS}/deployments", document)[0] == code


def test_what_never_changes_is_kept(url: str) -> None:
    _, made = ask(url, "POST", f"{APPS}/deployments", deployment("fixed"))
    labels = {"app": "fixed", "b": "c"}
    made["spec"]["selector"] = {"matchLabels": labels}
    made["spec"]["template"]["metadata"]["labels"] = labels
    del made["metadata"]["resourceVersion"]
    code, status = ask(url, "PUT", f"{APPS}/deployments/fixed", made)
    assert (code, status["reason"]) == (422, "Invalid")


def test_a_strategic_merge_knows_the_keys_of_lists(url: str) -> None:
    ask(url, "POST", f"{APPS}/deployments", deployment("merged", A="1", B="2", C="3"))
    env = [{"name": "A", "value": "changed"}, {"$patch": "delete", "name": "B"}]
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "it", "env": env}]}}}}
    _, after = ask(url, "PATCH", f"{APPS}/deployments/merged", patch, content_type=STRATEGIC)
    assert environment_of(after) == {"A": "changed", "C": "3"}
    assert after["spec"]["template"]["spec"]["containers"][0]["image"] == "there-is-none"


def test_a_field_that_its_owner_no_longer_applies_goes(url: str) -> None:
    apply(url, "helm", deployment("applied", A="1", B="2"))
    for left in ({"A": "1"}, {}):
        _, after = apply(url, "helm", deployment("applied", **left))
        assert environment_of(after) == left


def test_a_field_of_two_owners_goes_with_the_second(url: str) -> None:
    apply(url, "helm", deployment("shared", A="1", B="2"))
    apply(url, "hand", deployment("shared", A="1", B="2"))
    assert environment_of(apply(url, "helm", deployment("shared", A="1"))[1]) == {"A": "1", "B": "2"}
    assert environment_of(apply(url, "hand", deployment("shared", A="1"))[1]) == {"A": "1"}


def test_another_s_value_is_a_conflict_unless_it_is_forced(url: str) -> None:
    apply(url, "helm", deployment("fought-over", A="1"))
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "it", "env": [{"name": "A", "value": "hand"}]}]}}}}
    hand = f"{APPS}/deployments/fought-over?fieldManager=hand"
    assert ask(url, "PATCH", hand, patch, content_type=STRATEGIC)[0] == 200
    code, status = apply(url, "helm", deployment("fought-over", A="1"))
    assert (code, status["reason"]) == (409, "Conflict")
    field = '.spec.template.spec.containers[name="it"].env[name="A"].value'
    assert [each["field"] for each in status["details"]["causes"]] == [field]
    code, after = apply(url, "helm", deployment("fought-over", A="1"), force="true")
    assert (code, environment_of(after)) == (200, {"A": "1"})


def test_what_is_applied_again_is_not_changed(url: str) -> None:
    """Also where the server has filled in what tells list items apart, such as a port's protocol."""
    document = deployment("again", A="1")
    document["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 80}]
    _, first = apply(url, "helm", document)
    _, second = apply(url, "helm", document)
    assert second["spec"] == first["spec"]
    assert second["metadata"]["generation"] == 1


def test_a_variable_is_not_applied_twice(url: str) -> None:
    document = deployment("doubled", A="1")
    document["spec"]["template"]["spec"]["containers"][0]["env"] *= 2
    code, status = apply(url, "helm", document)
    assert (code, "duplicate" in status["message"]) == (400, True)


def test_a_token_may_do_what_roles_say_and_an_unknown_one_nothing(url: str) -> None:
    assert ask(url, "GET", f"{CORE}/secrets", authorization="Bearer made-up")[0] == 401
