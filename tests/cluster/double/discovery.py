"""What a client asks before it asks for anything: the version, the groups, their kinds."""

from typing import Any

from tests.cluster.double.kinds import VERSION, group_versions, resources

__all__ = ["answer"]


def answer(path: str) -> dict[str, Any] | None:
    """The document at that path, None where there is none. Without OpenAPI: clients leave validation to the server."""
    match path.strip("/").split("/"):
        case ["version"]:
            major, minor = VERSION.split(".")
            return {"major": major, "minor": minor, "gitVersion": f"v{VERSION}.0", "platform": "double/test"}
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*each) for each in group_versions()]}
        case ["api", "v1"]:
            return _resources("", "v1")
        case ["apis", group, version] if (group, version) in group_versions():
            return _resources(group, version)
    return None


def _group(group: str, version: str) -> dict[str, Any]:
    named = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [named], "preferredVersion": named}


def _resources(group: str, version: str) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": resources(group, version),
    }
