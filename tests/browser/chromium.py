"""Debian's Chromium, headless, driven by playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

__all__ = ["chromium", "executable"]

# What keeps it from calling anybody by itself; no name is looked up but this machine's.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def executable() -> str:
    """Where Chromium is. Where it is not, the test that asks is skipped, and fails in CI."""
    found = shutil.which("chromium")
    if found is None:
        reason = "Chromium is not installed; `make browser` installs Debian's"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Its driver occupies the thread's event loop, so it is closed before asynchronous tests run:
    the fixtures last a module, and one at a time is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(_QUIET))
        yield browser
        browser.close()
