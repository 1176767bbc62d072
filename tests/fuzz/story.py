"""The examples of the document, performed in an order that makes sense: each of them works as it is printed.

The ids of the examples are replaced by real ones and nothing else is. So every operation is reached with a valid
answer, which no fuzzer promises.
"""

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.fuzz.document import Document, Json

__all__ = ["ORDER", "Story"]

_ADMIN = {
    *("SetRole", "ListAccounts", "SuspendAccount", "UnsuspendAccount", "RotateSigningKey"),
    *("ListHeldComments", "ApproveComment", "RejectComment"),
}
ORDER = (
    *("GetKeySet", "Register", "SetRole", "SignIn", "RefreshSession", "GetAccount", "UpdateAccount", "ListAccounts"),
    *("CreatePost", "GetPost", "UpdatePost", "PublishPost", "LookUpPost", "ListPosts", "SearchPosts"),
    *("ListPostRevisions", "GetPostRevision", "RestorePostRevision"),
    *("CreateComment", "GetComment", "ListComments", "UpdateComment", "ListCommentRevisions", "WatchComments"),
    *("ListHeldComments", "RejectComment", "ApproveComment", "DeleteComment"),
    *("UnpublishPost", "SchedulePost", "DeletePost", "UndeletePost"),
    *("ListModels", "Classify", "ClassifyBatch", "RotateSigningKey", "ExportAccount"),
    *("SuspendAccount", "UnsuspendAccount", "SignIn", "ChangePassword", "SignOut", "DeleteAccount"),
)
_KEEPS = {"CreatePost": "postId", "CreateComment": "commentId", "Register": "accountId"}


class Story:
    """One run of the examples through a front door.

    Args:
        admin_token: of an administrator.
    """

    def __init__(self, client: httpx.Client, document: Document, admin_token: str) -> None:
        self._client, self._document, self._admin = client, document, admin_token
        self._token = ""
        self._refresh_token = ""
        self._ids: dict[str, str] = {}

    def tell(self, heard: Callable[[str, int], None]) -> list[str]:
        """Performs every example; returns what was not as the document says."""
        return [problem for name in ORDER for problem in self._perform(name, heard)]

    def _perform(self, name: str, heard: Callable[[str, int], None]) -> list[str]:
        path, verb, operation = self._document.operations[name]
        query: Json = {}
        for each in operation.get("parameters", []):
            value = self._value(name, each)
            if each["in"] == "path":
                path = path.replace("{" + each["name"] + "}", str(value))
            elif each["in"] == "query" and value is not None:
                query[each["name"]] = value
        body, headers = self._body(operation), self._said(name)
        request = self._client.build_request(verb, path, params=query, json=body, headers=headers)
        status, kind, body = self._sent(request)
        heard(name, status)
        if status != 200:
            return [f"{name}: {status} {json.dumps(body)[:300]}"]
        self._learn(name, body)
        return [f"{name}: {problem}" for problem in self._document.problems(name, status, kind, body)]

    def _sent(self, request: httpx.Request) -> tuple[int, str, Any]:
        """Status, content type and body; of a stream the first event."""
        answer = self._client.send(request, stream=True)
        try:
            kind = answer.headers.get("content-type", "")
            if kind.startswith("text/event-stream"):
                return answer.status_code, kind, _first_event(answer)
            return answer.status_code, kind, json.loads(answer.read())
        finally:
            answer.close()

    def _value(self, name: str, parameter: Json) -> object:
        """The example, but for ids: of the person the example says `me` where it can."""
        known = self._ids.get(parameter["name"])
        of_another = parameter["name"] != "accountId" or name in _ADMIN
        return known if known is not None and of_another else parameter.get("example")

    def _body(self, operation: Json) -> Json | None:
        if "requestBody" not in operation:
            return None
        example: Json = operation["requestBody"]["content"]["application/json"]["example"]
        return {**example, "refreshToken": self._refresh_token} if "refreshToken" in example else example

    def _said(self, name: str) -> dict[str, str]:
        token = self._admin if name in _ADMIN else self._token
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return headers | ({"content-type": "application/json"} if self._document.operations[name][1] != "GET" else {})

    def _learn(self, name: str, answer: Json) -> None:
        if name in _KEEPS:
            self._ids[_KEEPS[name]] = answer["id"]
        if "accessToken" in answer:
            self._token, self._refresh_token = answer["accessToken"], answer["refreshToken"]


def _first_event(answer: httpx.Response) -> Any:
    for line in answer.iter_lines():
        if line.startswith("data:"):
            return json.loads(line.removeprefix("data:"))
    return None
