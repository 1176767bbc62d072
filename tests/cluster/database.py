"""A PostgreSQL in the namespace, for the migrations of a village that is not on SQLite.

On a cluster it is a real one; on the double, a pod that is ready behind a Service, which is all that a make-believe
migration asks for.
"""

from typing import Any

from tests.cluster.installed import Place

__all__ = ["IMAGE", "NOWHERE", "ON_POSTGRES", "add_database", "add_nowhere", "on_postgres"]

IMAGE = "docker.io/library/postgres:17"
NOWHERE = "nowhere-db"
"""A Secret with the URL of a database that is not there."""
_SERVICES = ("account", "blog", "comment")
_LABELS = {"app": "database", "cnpg.io/podRole": "instance"}


def on_postgres(**secret: str) -> dict[str, Any]:
    """Values. A service's URL comes from the Secret of that name, or of `<service>-db`."""
    of_services = {
        each: {"database": {"urlSecret": {"name": secret.get(each, f"{each}-db"), "key": "uri"}}} for each in _SERVICES
    }
    to = [{"podSelector": {"matchLabels": {"cnpg.io/podRole": "instance"}}}]
    return {**of_services, "networkPolicy": {"databaseTo": to}}


ON_POSTGRES = on_postgres()


def add_database(place: Place) -> None:
    """One server with a database for each service, and the Secrets with their URLs."""
    made = "".join(f"CREATE DATABASE {each};\n" for each in _SERVICES)
    probe = {"exec": {"command": ["pg_isready", "-U", "postgres", "-h", "127.0.0.1"]}, "periodSeconds": 1}
    container = {
        "name": "database",
        "image": IMAGE,
        "env": [{"name": "POSTGRES_PASSWORD", "value": "of-a-test"}],
        "ports": [{"containerPort": 5432}],
        "readinessProbe": probe,
        "volumeMounts": [{"name": "init", "mountPath": "/docker-entrypoint-initdb.d"}],
    }
    pod = {"containers": [container], "volumes": [{"name": "init", "configMap": {"name": "database-init"}}]}
    template = {"metadata": {"labels": _LABELS}, "spec": pod}
    place.apply(
        {**_head("v1", "ConfigMap", "database-init"), "data": {"init.sql": made}},
        {
            **_head("apps/v1", "Deployment", "database"),
            "spec": {"selector": {"matchLabels": _LABELS}, "template": template},
        },
        {**_head("v1", "Service", "database"), "spec": {"selector": _LABELS, "ports": [{"port": 5432}]}},
        *(_url(f"{each}-db", "database", each) for each in _SERVICES),
    )
    place.kubectl("rollout", "status", "deployment/database", f"--timeout={place.patience}s")


def add_nowhere(place: Place) -> None:
    place.apply(_url(NOWHERE, "nowhere.invalid", "account"))


def _url(name: str, host: str, database: str) -> dict[str, Any]:
    url = f"postgresql://postgres:of-a-test@{host}/{database}"
    return {**_head("v1", "Secret", name), "stringData": {"uri": url}}


def _head(api_version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
