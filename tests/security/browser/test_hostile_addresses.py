"""An address is the attacker's own text: no page and no error of the front door lets it become part of a page."""

import re
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response

from services.cli.rest import call
from tests.browser.pages import Pages
from tests.browser.people import author, published
from tests.e2e.running import Village
from tests.security.browser.careless_frontend import FIRE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

HOSTILE = (
    "<script>fire(1)</script>",
    '"><img src=x onerror=fire(2)>',
    "</pre><svg onload=fire(3)>",
    "'-fire(4)-'",
    "javascript:fire(5)",
    "${fire(6)}",
)
PLACES = (
    "/{}",
    "/v1/{}",
    "/v1/posts/{}",
    "/v1/posts?{}=1",
    "/v1/posts?pageToken={}",
    "/v1/posts/{}/comments:watch?resumeToken={}",
    "/docs?{}",
    "/docs/{}",
    "/docs#{}",
    "/openapi.json?{}",
)
REFLECTING = "<!doctype html><body><script>document.write(decodeURIComponent(location.href))</script>"


class Visitor:
    """A browser's window that notes each script of an attacker that ran."""

    def __init__(self, page: Page) -> None:
        self.page, self.ran = page, list[str]()
        page.add_init_script(FIRE)
        page.on("console", lambda message: self.ran.append(message.text) if "fired" in message.text else None)
        page.on("dialog", lambda dialog: self.ran.append(dialog.type))

    def open(self, url: str) -> Response | None:
        answer = self.page.goto(url, wait_until="load")
        self.page.evaluate("new Promise(requestAnimationFrame)")
        return answer

    def elements(self) -> list[str]:
        found: list[str] = self.page.evaluate("[...document.querySelectorAll('*')].map((each) => each.localName)")
        return found


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    with browser.new_context() as context:
        yield Visitor(context.new_page())


def test_a_page_that_reflects_its_address_is_noticed(visitor: Visitor, frontend: Pages) -> None:
    """The control."""
    (frontend.folder / "reflecting.html").write_text(REFLECTING)
    for text in HOSTILE[1:3]:
        visitor.open("about:blank")
        visitor.open(f"{frontend.origin}/reflecting.html?{quote(text)}")
    assert {"fired 2", "fired 3"} <= set(visitor.ran)


@pytest.mark.parametrize("place", PLACES)
def test_nothing_of_an_address_runs(visitor: Visitor, village: Village, place: str) -> None:
    visitor.open(village.url + place.replace("{}", "x"))
    harmless = visitor.elements()
    for text in HOSTILE:
        visitor.open("about:blank")
        answer = visitor.open(village.url + place.replace("{}", text.replace("/", "%2F") if "#" not in place else text))
        assert visitor.elements() == harmless
        assert answer is not None
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert visitor.ran == []


def test_json_stays_json_when_a_browser_opens_it(visitor: Visitor, village: Village) -> None:
    token = author(village, "osric")
    post = published(village, token, f"{HOSTILE[0]} {HOSTILE[1]}", "\n\n".join(HOSTILE))
    call(village.url, f"/v1/posts/{post}/comments", {"authorName": HOSTILE[1], "text": HOSTILE[0]})
    for path in (f"/v1/posts/{post}", "/v1/posts", f"/v1/posts/{post}/comments", "/v1/posts/no-such-id"):
        answer = visitor.open(village.url + path)
        assert answer is not None
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert visitor.page.evaluate("document.contentType") == "application/json"
        assert not {"script", "img", "svg"} & set(visitor.elements())
    assert visitor.ran == []


@pytest.mark.parametrize(
    "line",
    [
        "GET /{} HTTP/1.1",
        "GET /v1/posts?{}=1 HTTP/1.1",
        "{} / HTTP/1.1",
        "GET / {}",
        "GET /" + "x" * 70_000 + "{} HTTP/1.1",
        "POST /v1/posts HTTP/1.1\r\ncontent-type: {}",
        "GET /v1/posts HTTP/1.1\r\n{}: x",
        "GET /docs HTTP/1.1\r\nhost: {}",
    ],
    ids=["path", "query", "method", "version", "long", "content type", "header", "host"],
)
def test_bytes_that_no_browser_sends_are_not_answered_as_a_page(village: Village, line: str) -> None:
    """Proxies' own error pages included: what comes back as HTML holds nothing of the request."""
    text = "<svg/onload=fire(1)>"
    answer = raw(village, f"{line.replace('{}', text)}\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    kind = re.search(rb"(?im)^content-type: *([^\r;]*)", head)
    if kind is None or kind[1] != b"application/json":
        assert b"fire(" not in body
    assert b"fire(" not in head.partition(b"\r\n")[0]


def raw(village: Village, request: bytes) -> bytes:
    """What comes back until the front door closes."""
    target = urlsplit(village.url)
    with socket.create_connection((str(target.hostname), int(target.port or 80)), timeout=20) as connection:
        connection.sendall(request)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
        return received
