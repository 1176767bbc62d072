"""The values that the examples are made of: one small story, so that they fit together.

What is registered in the example of Register signs in in the example of SignIn, and so on. A field is looked up by its
RPC and path, by its message, and at last by its name.
"""

from typing import Any

from protos.tools.openapi.records import Field, Rpc

__all__ = ["NONE", "lookup", "sample"]

NONE = object()
"""Stands for: leave it out. A token that nobody was given would be refused."""

_POST = "019ab3e0-5d00-7000-8000-00000000a001"
_COMMENT = "019ab3e4-9a00-7000-8000-00000000c001"
_ACCOUNT = "019ab3d0-1e00-7000-8000-00000000e001"
_TEXT = "I have read this twice and still laugh at the end."
_MARKDOWN = "Where be your **gibes** now?"
_HTML = "<p>Where be your <strong>gibes</strong> now?</p>\n"

_SAMPLES: dict[str, Any] = {
    # What a client gets from an answer before and cannot make up.
    "page_token": NONE,
    "next_page_token": "eyJhIjoiMDE5YWIzZTAifQ",
    "resume_token": NONE,
    "WatchCommentsResponse.resume_token": "MTI",
    "request_id": NONE,
    "parent_id": NONE,
    # Ids.
    "post.id": _POST,
    "Post.id": _POST,
    "post_id": _POST,
    "ListHeldCommentsRequest.post_id": NONE,
    "ListHeldComments.post_id": NONE,
    "comment.id": _COMMENT,
    "Comment.id": _COMMENT,
    "comment_id": _COMMENT,
    "account.id": "me",
    "Account.id": _ACCOUNT,
    "account_id": "me",
    "SetRole.account_id": _ACCOUNT,
    "SuspendAccount.account_id": _ACCOUNT,
    "UnsuspendAccount.account_id": _ACCOUNT,
    "author_id": _ACCOUNT,
    "ListPosts.author_id": NONE,
    "revision": 1,
    "etag": '"0f8a3c5e"',
    # A post.
    "slug": "a-fellow-of-infinite-jest",
    "CreatePostRequest.post.slug": NONE,
    "UpdatePostRequest.post.slug": NONE,
    "title": "A fellow of infinite jest",
    "body": _MARKDOWN,
    "body_html": _HTML,
    "excerpt": "Where be your gibes now?",
    "tags": "graveyard",
    "ListPosts.tag": NONE,
    "query": "infinite jest",
    "Post.state": "POST_STATE_PUBLISHED",
    "ListPosts.state": NONE,
    "UpdatePost.update_mask": "title,body,tags,commentsClosed",
    "comments_closed": False,
    "cover_image_url": "https://pictures.example/yorick.jpg",
    "cover_image_alt": "A skull on an open grave's edge",
    # A comment.
    "author_name": "Horatio",
    "Post.author_name": "Yorick",
    "author_email": "horatio@example.com",
    "author_url": "https://horatio.example",
    "text": _TEXT,
    "text_html": f"<p>{_TEXT}</p>\n",
    "depth": 0,
    "Comment.state": "COMMENT_STATE_VISIBLE",
    "decision": "DECISION_FILTER",
    "UpdateComment.update_mask": "text",
    # An account.
    "username": "yorick",
    "email": "yorick@example.com",
    "display_name": "Yorick",
    "website": "https://yorick.example",
    "role": "ROLE_AUTHOR",
    "ListAccounts.role": NONE,
    "ListAccounts.state": NONE,
    "UpdateAccount.update_mask": "displayName,website",
    "UpdateAccountRequest.account.email": NONE,
    "UpdateAccountRequest.account.username": NONE,
    # A session.
    "login": "yorick",
    "password": "where be your gibes",
    "current_password": "where be your gibes",
    "new_password": "a fellow of infinite jest",
    "access_token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTlhYjNkMCJ9.c2lnbmF0dXJl",
    "refresh_token": "5yU1bQ7eKkq2d0cTn3wXvA",
    # A verdict.
    "label": "LABEL_HAM",
    "probability": 0.039,
    "Reason.code": "LENGTH",
    "Reason.description": "It is as long as honest comments are",
    "weight": -0.5,
    "evidence": "read this twice",
    "model_version": "ngram-e0f9cc013835",
    "version": "ngram-e0f9cc013835",
    "device": "cpu",
    "live": True,
    "spam_threshold": 0.9,
    "unsure_threshold": 0.5,
    "priority": "PRIORITY_LIVE",
    "ip": "203.0.113.7",
    "user_agent": "Mozilla/5.0",
    "post_title": "A fellow of infinite jest",
    "post_url": "https://blog.example/a-fellow-of-infinite-jest",
    "language": "en",
    # A key of RFC 8037, appendix A.
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "use": "sig",
    "alg": "EdDSA",
    # Others.
    "page_size": 20,
    "service": "blog",
    "kind": "post",
    "record": {"title": "A fellow of infinite jest"},
    "create_time": "2026-11-23T08:00:00Z",
    "update_time": "2026-11-23T08:05:00Z",
    "publish_time": "2026-11-23T08:10:00Z",
    "SchedulePostRequest.publish_time": "2100-01-01T08:00:00Z",
    "delete_time": NONE,
    "purge_time": NONE,
    "suspended_until": NONE,
    "until": "2100-01-01T00:00:00Z",
    "edit_until_time": "2026-11-23T08:15:00Z",
    "access_expire_time": "2026-11-23T08:10:00Z",
    "refresh_expire_time": "2026-12-23T08:00:00Z",
    "active_time": "2026-11-23T08:10:00Z",
    "train_time": "2026-11-01T00:00:00Z",
}


def sample(rpc: Rpc, field: Field, path: str) -> object:
    """The value of a parameter, None where none is shown: of an etag there is none that would match."""
    if field.name == "etag":
        return None
    value = lookup(f"{rpc.name}.{path}", path, field.name)
    return None if value is NONE or value is None else value


def lookup(*names: str) -> object:
    """The value under the first name that has one, None where none has."""
    return next((_SAMPLES[name] for name in names if name in _SAMPLES), None)
