"""What only the new version knows, the words for a post's cover image: they outlive the way back."""

import asyncio

from services.blog.store import posts
from services.cli.rest import call
from services.storage.database import Database

__all__ = ["cover", "is_covered", "retitle"]

_WORDS = "A skull"


async def cover(url: str, token: str, post: str) -> None:
    """Gives a post such words through the front door."""
    path = f"/v1/posts/{post}?updateMask=coverImageAlt"
    answer = await asyncio.to_thread(call, url, path, {"coverImageAlt": _WORDS}, method="PATCH", token=token)
    if answer.body.get("coverImageAlt") != _WORDS:
        raise RuntimeError("the new version does not know what its contract adds")


async def retitle(url: str, token: str, post: str) -> None:
    """Changes something else of it: a version that does not know the column must not empty it."""
    path = f"/v1/posts/{post}?updateMask=title"
    await asyncio.to_thread(call, url, path, {"title": "Alas, again"}, method="PATCH", token=token)


async def is_covered(database: str, post: str) -> bool:
    """Whether the database at this URL still has it, and the other change too."""
    async with Database(database) as opened, opened.read() as session:
        found = await posts.get(session, post)
    return (found.cover_image_alt, found.draft.title) == (_WORDS, "Alas, again")
