"""The first thing a newcomer sees: a post, an honest comment and a spam comment, through the front door."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.rest import Answer, RestError, call

__all__ = ["HAM", "SPAM", "DemoAccount", "Judged", "publish_post", "send_comment"]

_SLUG = "welcome-to-hamlet"
_POST = {
    "slug": _SLUG,
    "title": "Welcome to Hamlet",
    "body": (
        "This post was written by `hamlet up` through the same front door that you use.\n\n"
        "Below it stand two comments. One was meant, the other was sold: **the spam filter said which is which**, "
        "and every step of the way is one trace.\n"
    ),
    "tags": ["hamlet"],
}
HAM = {
    "author_name": "Ophelia",
    "text": (
        "Thank you for this post. I have been looking for a blog engine that keeps the spam filter on my own machine, "
        "and the explanation of how the verdict travels with the comment helped me a lot."
    ),
}
SPAM = {
    "author_name": "Cheap Replica Watches",
    "author_url": "http://cheap-replica-watches.example.com/buy",
    "text": (
        "Buy cheap replica watches and viagra online!!! Best price, free shipping, 100% discount casino bonus, "
        "visit http://cheap-replica-watches.example.com/buy now http://online-casino.example.com/bonus"
    ),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A comment that was sent, and what became of it. `verdict` is None while it was not judged."""

    state: str
    trace_id: str
    comment: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The author of the demo post. Its password is made up at the first start and kept beside the data."""

    username: str
    email: str
    password: str

    @classmethod
    def kept_in(cls, folder: Path) -> "DemoAccount":
        path = folder / "run" / "demo.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            made = cls("hamlet-demo", "demo@hamlet.example.com", secrets.token_urlsafe(18))
            path.touch(mode=0o600)
            path.write_text(json.dumps({"username": made.username, "email": made.email, "password": made.password}))
        return cls(**json.loads(path.read_text()))

    def register(self, url: str) -> str:
        """Registers the account unless it is there, and returns its id."""
        try:
            call(
                url,
                "/v1/accounts",
                {
                    "username": self.username,
                    "email": self.email,
                    "password": self.password,
                    "displayName": "Hamlet",
                },
            )
        except RestError as error:
            if error.reason not in {"EMAIL_TAKEN", "USERNAME_TAKEN"}:
                raise
        return str(self.sign_in(url).body["account"]["id"])

    def sign_in(self, url: str) -> Answer:
        return call(url, "/v1/sessions", {"login": self.username, "password": self.password})


def publish_post(url: str, token: str) -> dict[str, Any]:
    """The demo post, written and published unless it is there."""
    try:
        post: dict[str, Any] = call(url, f"/v1/posts:lookUp?slug={_SLUG}").body
    except RestError as error:
        if error.reason != "POST_NOT_FOUND":
            raise
        post = call(url, "/v1/posts", _POST, token=token).body
        post = call(url, f"/v1/posts/{post['id']}:publish", {}, token=token).body
    return post


def send_comment(url: str, post_id: str, comment: dict[str, str], token: str) -> Judged:
    """Sends a comment as a signed-in person, who sees its verdict."""
    answer = call(url, f"/v1/posts/{post_id}/comments", comment, token=token)
    return Judged(
        state=str(answer.body["state"]).removeprefix("COMMENT_STATE_"),
        trace_id=answer.headers.get("x-trace-id", ""),
        comment=answer.body,
    )
