"""A picture of a page of the running village, `/docs` unless another path is given; prints the file's path."""

import sys
import tempfile

from services.cli.layout import Layout, home
from tests.browser.chromium import chromium

WIDTH, HEIGHT = 1280, 900


def take(url: str) -> str:
    """The path of a PNG of what a visitor sees first.

    Raises:
        AssertionError: the page was not answered with 200.
    """
    with tempfile.NamedTemporaryFile(prefix="hamlet-", suffix=".png", delete=False) as file, chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        answer = page.goto(url)
        assert answer is not None, url
        assert answer.status == 200, f"{url}: {answer.status}"
        page.screenshot(path=file.name)
        return file.name


if __name__ == "__main__":
    path = sys.argv[1] if len(sys.argv) > 1 else "/docs"
    sys.stdout.write(f"{take(Layout.load(home()).url + path)}\n")
