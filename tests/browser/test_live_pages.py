"""Pages in a real browser, from another origin: gRPC-Web by Connect's client, and server-sent events that go on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from services.cli.rest import call
from tests.browser.bundling import bundle, contracts
from tests.browser.cable import cable
from tests.browser.pages import Pages
from tests.browser.people import PASSWORD, author, published
from tests.e2e.running import Village

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

REMARK = "I have read this twice and I still laugh at the end of it, thank you for writing number"


@pytest.fixture(scope="module")
def built(frontend: Pages, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The frontend's own web server with `grpc_web.html` and `live.html`."""
    generated = contracts(tmp_path_factory.mktemp("contracts"))
    for name in ("grpc_web", "live"):
        bundle(Path(__file__).parent / "frontend" / f"{name}.ts", frontend.folder / f"{name}.js", generated)
    return frontend


@pytest.fixture
def opened(browser: Browser, built: Pages) -> Iterator[Callable[[str], Page]]:
    """Opens a page of the frontend. Whatever the page itself complains about fails the test."""
    complaints: list[str] = []
    with browser.new_context() as context:

        def open_page(name: str) -> Page:
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{built.origin}/{name}.html")
            return page

        yield open_page
    assert complaints == []


@pytest.fixture(scope="module")
def post(village: Village) -> str:
    return published(village, author(village, "page-author"), "Live")


def say(village: Village, post: str, number: int) -> str:
    """Somebody else comments, over REST; the text that readers see.

    What a busy filter had no time for is shown by a moderator: these tests are not about verdicts.
    """
    remark = {"authorName": "Horatio", "text": f"{REMARK} {number}."}
    written = call(village.url, f"/v1/posts/{post}/comments", remark).body
    if written["state"] != "COMMENT_STATE_VISIBLE":
        moderator = village.sign_in("admin", village.password_of_admin())
        call(village.url, f"/v1/comments/{written['id']}:approve", {}, token=moderator)
    return str(written["text"])


def test_grpc_web_signs_in_comments_and_sees_another_s_comment_arrive(
    village: Village, post: str, opened: Callable[[str], Page]
) -> None:
    page, url = opened("grpc_web"), village.url
    assert page.evaluate("([url, word]) => grpcWeb.signIn(url, 'page-author', word)", [url, PASSWORD]) == "page-author"
    assert page.evaluate("([url, post, text]) => grpcWeb.comment(url, post, text)", [url, post, f"{REMARK} 0."])

    page.evaluate("([url, post]) => { grpcWeb.watch(url, post) }", [url, post])
    page.wait_for_function("grpcWeb.open")
    texts = [say(village, post, number) for number in (1, 2)]
    page.wait_for_function("(last) => grpcWeb.seen.includes(last)", arg=texts[-1])
    seen = page.evaluate("grpcWeb.seen")
    assert [text for text in seen if text in texts] == texts


def test_grpc_web_reads_the_reason_of_an_error(village: Village, opened: Callable[[str], Page]) -> None:
    page = opened("grpc_web")
    assert page.evaluate("(url) => grpcWeb.reasonOfWrongPassword(url, 'nobody')", village.url) == "INVALID_CREDENTIALS"


def test_a_stranger_s_page_may_not_call(village: Village, browser: Browser, built: Pages) -> None:
    """The same page from an origin that HAMLET_EDGE_ALLOWED_ORIGINS does not name."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{built.origin.replace('127.0.0.1', 'localhost')}/live.html")
        blocked = page.evaluate(
            "(url) => fetch(url).then(() => 'read', (error) => error.name)", f"{village.url}/v1/posts"
        )
        assert blocked == "TypeError"


@pytest.mark.parametrize(("follow", "seen"), [("live.follow", "live.seen"), ("live.followBare", "live.bare")])
def test_events_go_on_where_the_connection_broke(
    village: Village, post: str, opened: Callable[[str], Page], follow: str, seen: str
) -> None:
    """`watchComments` of the client, and a bare EventSource: nothing is missed, nothing comes twice."""
    page = opened("live")
    with cable(village.url) as plugged:
        page.evaluate(f"([url, post]) => {{ {follow}(url, post) }}", [plugged.url, post])
        page.wait_for_function("live.connections === 1")
        texts = [say(village, post, 3)]
        page.wait_for_function(f"{seen}.length === 1")
        plugged.pull()
        texts += [say(village, post, number) for number in (4, 5)]
        plugged.plug()
        page.wait_for_function("live.connections === 2")
        texts.append(say(village, post, 6))
        page.wait_for_function(f"{seen}.length >= 4")
        assert page.evaluate(seen) == texts
