"""Who may do what with which resource: derived from the contract's policy, and a small table of who sees what."""

import re
from dataclasses import dataclass, field
from typing import Any

from google.api import annotations_pb2

from mesh.policy import Access, Method, Role
from tests.e2e.contract_walk import NOBODY, Reachable

__all__ = ["ALONE", "MISSING", "Person", "Resource", "expected", "kind_of", "request_of"]

_VARIABLE = re.compile(r"\{(?:(?P<parent>[a-z]+)\.)?(?P<name>[a-z_]+)\}")
_KINDS = {"post_id": "post", "post": "post", "comment_id": "comment", "comment": "comment", "account_id": "account"}
_KINDS["account"] = "account"

ALONE = {
    "Register": "there is no resource yet",
    "SignIn": "the password says who it is",
    "RefreshSession": "the refresh token says whose session it is",
    "SignOut": "the refresh token says whose session it is",
    "GetKeySet": "the same for everybody",
    "CreatePost": "there is no resource yet",
    "LookUpPost": "by slug; see the test of lists",
    "ListPosts": "see the test of lists",
    "SearchPosts": "see the test of lists",
    "ListAccounts": "administrators see all",
    "RotateSigningKey": "of the village, not of a person",
    "ListHeldComments": "moderators see all",
    "Classify": "keeps nothing",
    "ClassifyBatch": "keeps nothing",
    "ListModels": "of the village, not of a person",
}
"""RPCs that name no resource of a person, and why that is so. Any other has to."""


@dataclass(frozen=True, slots=True)
class Person:
    """
    Attributes:
        role: None for nobody.
    """

    name: str
    role: Role.ValueType | None
    token: str = field(default="", repr=False)
    id: str = ""

    def at_least(self, role: Role.ValueType) -> bool:
        return self.role is not None and bool(role) and self.role >= role


@dataclass(frozen=True, slots=True)
class Resource:
    """
    Attributes:
        owner: the name of the person.
        hidden: seen by its owner and moderators alone.
        words: stand in it and nowhere else.
    """

    kind: str
    name: str
    id: str
    owner: str
    hidden: bool
    words: str = ""

    def seen_by(self, person: Person) -> bool:
        return not self.hidden or person.name == self.owner or person.at_least(Role.ROLE_MODERATOR)


def MISSING(kind: str) -> Resource:
    return Resource(kind, "missing", NOBODY, "", hidden=False)


def kind_of(each: Reachable) -> str:
    """`post`, `comment`, `account`, or "" for an RPC that names none of them in its path."""
    found = _VARIABLE.search(_template(each))
    return "" if found is None else _KINDS[found["parent"] or found["name"]]


def expected(method: Method, person: Person, resource: Resource) -> str:
    """The reason of the refusal, or "" where the person may."""
    missing = resource.id == NOBODY
    overrides = person.at_least(method.owner_override)
    if method.access != Access.ACCESS_PUBLIC and person.role is None:
        return "UNAUTHENTICATED"
    if method.access == Access.ACCESS_ROLE and not person.at_least(method.role):
        return "ROLE_REQUIRED"
    if resource.kind == "account" and method.access == Access.ACCESS_OWNER:
        # Whether there is such an account is not told.
        if not (overrides or person.name == resource.owner):
            return "NOT_OWNER"
        return "ACCOUNT_NOT_FOUND" if missing else ""
    if missing or not resource.seen_by(person):
        return f"{resource.kind.upper()}_NOT_FOUND"
    if method.access == Access.ACCESS_OWNER and not (overrides or person.name == resource.owner):
        return "NOT_OWNER"
    return ""


def request_of(each: Reachable, resource: Resource) -> tuple[str, dict[str, Any]]:
    """Path and body that would change the resource, were it not for an etag that no version has."""
    path = _VARIABLE.sub(lambda found: "1" if found["name"] == "revision" else resource.id, _template(each))
    body: dict[str, Any] = {"etag": "of-no-version", **_BODIES.get(each.method.name, {})}
    if each.has_body:
        fields = set(each.fields) | {"title", "text", "displayName", "authorName"}
        known = {name: value for name, value in body.items() if name in fields or name == "etag"}
        return path, known if "etag" in each.fields or _rule(each).body != "*" else _without_etag(known)
    return (f"{path}?etag=of-no-version" if "etag" in each.fields else path), {}


_BODIES: dict[str, dict[str, Any]] = {
    "ChangePassword": {"currentPassword": "no password of anybody", "newPassword": "something is rotten"},
    "CreateComment": {"authorName": "Somebody", "text": "Words that say what somebody thinks of a post."},
    "SchedulePost": {"publishTime": "2099-01-01T00:00:00Z"},
    "SetRole": {"role": "ROLE_ADMIN"},
    "UpdateAccount": {"displayName": "Somebody else"},
    "UpdateComment": {"text": "Words that its author never wrote."},
    "UpdatePost": {"title": "A title that its author never gave"},
}


def _without_etag(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "etag"}


def _rule(each: Reachable) -> Any:
    assert each.method.descriptor is not None
    return each.method.descriptor.GetOptions().Extensions[annotations_pb2.http]


def _template(each: Reachable) -> str:
    return str(getattr(_rule(each), each.verb.lower()))
