"""Between the contract and the domain."""

from datetime import datetime

from google.protobuf.struct_pb2 import Struct
from hamlet.blog.v1 import post_pb2

from mesh.times import set_time
from services.blog.domain.post import Draft, Post, Revision, Settings
from services.storage.etag import etag_of

__all__ = ["draft_of", "etag", "exported_post", "exported_revision", "post_message", "revision_message", "settings_of"]


def etag(post: Post) -> str:
    return etag_of(post.id, post.version)


def draft_of(message: post_pb2.Post) -> Draft:
    return Draft(message.slug, message.title, message.body, tuple(message.tags))


def settings_of(message: post_pb2.Post) -> Settings:
    return Settings(message.comments_closed, message.cover_image_url, message.cover_image_alt)


def post_message(post: Post, *, whole: bool = True) -> post_pb2.Post:
    """
    Args:
        whole: with its text; lists leave it out.
    """
    message = post_pb2.Post(
        id=post.id,
        slug=post.draft.slug,
        title=post.draft.title,
        excerpt=post.excerpt,
        tags=post.draft.tags,
        state=post_pb2.PostState.ValueType(post.state),
        comments_closed=post.comments_closed,
        cover_image_url=post.cover_image_url,
        cover_image_alt=post.cover_image_alt,
        author_id=post.author_id,
        author_name=post.author_name,
        revision=post.revision,
        etag=etag(post),
    )
    if whole:
        message.body, message.body_html = post.draft.body, post.body_html
    set_time(message.create_time, post.created_at)
    set_time(message.update_time, post.updated_at)
    for name, at in (("publish", post.published_at), ("delete", post.deleted_at), ("purge", post.purge_at)):
        if at is not None:
            set_time(getattr(message, f"{name}_time"), at)
    return message


def revision_message(revision: Revision) -> post_pb2.PostRevision:
    message = post_pb2.PostRevision(
        post_id=revision.post_id,
        revision=revision.number,
        slug=revision.draft.slug,
        title=revision.draft.title,
        body=revision.draft.body,
        tags=revision.draft.tags,
        author_id=revision.author_id,
    )
    set_time(message.create_time, revision.created_at)
    return message


def exported_post(post: Post) -> Struct:
    """A post as its author gets it with all that is kept about them."""
    record = Struct()
    record.update(
        {
            "id": post.id,
            "slug": post.draft.slug,
            "title": post.draft.title,
            "body": post.draft.body,
            "tags": list(post.draft.tags),
            "state": post.state.name,
            "coverImageUrl": post.cover_image_url,
            "coverImageAlt": post.cover_image_alt,
            "authorName": post.author_name,
            "createTime": post.created_at.isoformat(),
            "updateTime": post.updated_at.isoformat(),
        }
    )
    return record


def exported_revision(post_id: str, number: int, title: str, body: str, created_at: datetime) -> Struct:
    record = Struct()
    record.update(
        {"postId": post_id, "revision": number, "title": title, "body": body, "createTime": created_at.isoformat()}
    )
    return record
