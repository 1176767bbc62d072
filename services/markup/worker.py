"""Rendering beside the event loop: hostile text may not hold up everybody else's calls."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from services.markup.profile import Profile
from services.markup.rendering import to_html

__all__ = ["rendered"]

_threads = ThreadPoolExecutor(2, thread_name_prefix="hamlet-markup")


async def rendered(text: str, profile: Profile) -> str:
    """The text as sanitised HTML, made in one of two threads."""
    return await asyncio.get_running_loop().run_in_executor(_threads, to_html, text, profile)
