"""Whatever people write, nothing of it runs in the browser of those who read it (check S10)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser

from services.cli.rest import RestError, call
from services.markup import Profile
from tests.browser.pages import Pages
from tests.browser.people import author, published
from tests.e2e.running import Village
from tests.security.browser.careless_frontend import Outcome, show
from tests.security.browser.vectors import VECTORS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

AT_ONCE = 2
TRIES = 5
Shown = Callable[[list[str], Profile | None], Outcome]


@pytest.fixture(scope="module")
def armed(frontend: Pages) -> list[str]:
    """The hostile texts; the one at place n calls `fire(n)`, or asks for `/stranger/n` of the frontend's server."""
    return [vector.armed(number, f"{frontend.origin}/stranger") for number, vector in enumerate(VECTORS)]


@pytest.fixture(scope="module")
def token(village: Village) -> str:
    return author(village, "claudius")


@pytest.fixture(scope="module")
def shown(browser: Browser, frontend: Pages) -> Shown:
    def show_all(documents: list[str], profile: Profile | None) -> Outcome:
        url, stranger = f"{frontend.origin}/careless.html", f"{frontend.origin}/stranger"
        return show(browser, url, list(enumerate(documents)), stranger, profile)

    return show_all


def test_unsanitised_they_run(armed: list[str], shown: Shown) -> None:
    """The control: with both locks open the same frontend is taken over, by every family of texts."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    outcome = shown([parser.render(text) for text in armed], None)
    assert len(outcome.ran | outcome.asked) > 150
    assert {VECTORS[number].family for number in outcome.ran | outcome.asked} == {each.family for each in VECTORS}


def test_nothing_runs_from_a_post(village: Village, token: str, armed: list[str], shown: Shown) -> None:
    posts = [published(village, token, f"Post {number}") for number in range(AT_ONCE)]
    answers = everywhere(armed, lambda at, text: edit(village, f"/v1/posts/{posts[at]}", "body", text, token))
    assert [answer["body"] for answer in answers] == armed
    nothing_happened(shown([answer["bodyHtml"] for answer in answers], Profile.POST))


def test_nothing_runs_from_a_comment(village: Village, token: str, armed: list[str], shown: Shown) -> None:
    path = f"/v1/posts/{published(village, token, 'Commented')}/comments"
    comments = [call(village.url, path, {"text": "First."}, token=token).body["id"] for _ in range(AT_ONCE)]
    answers = everywhere(armed, lambda at, text: edit(village, f"/v1/comments/{comments[at]}", "text", text, token))
    assert [answer["text"] for answer in answers] == armed
    nothing_happened(shown([answer["textHtml"] for answer in answers], Profile.COMMENT))


def edit(village: Village, path: str, field: str, text: str, token: str) -> dict[str, Any]:
    """The changed resource. An edit is idempotent, so a writer that got no turn (UNAVAILABLE) tries again."""
    for left in reversed(range(TRIES)):
        try:
            changed: dict[str, Any] = call(
                village.url, f"{path}?updateMask={field}", {field: text}, method="PATCH", token=token
            ).body
        except RestError as error:
            if error.reason != "UNAVAILABLE" or not left:
                raise
        else:
            return changed
    raise AssertionError(path)


def everywhere(texts: list[str], write: Callable[[int, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers in the texts' order; each of some workers has a resource of its own to write into."""

    def one_by_one(at: int) -> list[dict[str, Any]]:
        return [write(at, text) for text in texts[at::AT_ONCE]]

    with ThreadPoolExecutor(AT_ONCE) as workers:
        parts = list(workers.map(one_by_one, range(AT_ONCE)))
    return [parts[number % AT_ONCE][number // AT_ONCE] for number in range(len(texts))]


def nothing_happened(outcome: Outcome) -> None:
    assert {number: VECTORS[number].text for number in outcome.ran | outcome.asked} == {}
    assert outcome.dialogs == 0
    assert outcome.strange == []


def test_plain_fields_come_back_as_they_were_sent(village: Village, token: str, armed: list[str]) -> None:
    """A title or a name is text, not HTML: nobody alters it, and whoever shows it escapes it."""
    post = published(village, token, "Plain")
    for text in short(armed, 200)[:30]:
        assert edit(village, f"/v1/posts/{post}", "title", text, token)["title"] == text
    for name in short(armed, 80)[:30]:
        assert edit(village, "/v1/accounts/me", "displayName", name, token)["displayName"] == name
        remark = {"authorName": name, "text": "A remark."}
        assert call(village.url, f"/v1/posts/{post}/comments", remark).body["authorName"] == name


def short(armed: list[str], most: int) -> list[str]:
    """Those that fit, of every family some. Control characters and outer space are no part of a name."""
    return [text for text in armed[::3] if len(text) <= most and text == text.strip() and text.isprintable()]


@pytest.mark.parametrize("field", ["slug", "tags"])
def test_what_goes_into_addresses_takes_no_markup(village: Village, token: str, armed: list[str], field: str) -> None:
    post = published(village, token, f"Strict {field}")
    for text in short(armed, 40)[:20]:
        value: Any = [text] if field == "tags" else text
        with pytest.raises(RestError, match="INVALID_REQUEST"):
            call(village.url, f"/v1/posts/{post}?updateMask={field}", {field: value}, method="PATCH", token=token)


@pytest.mark.parametrize("address", ["javascript:fire(1)", "data:text/html,<script>fire(1)</script>", "java\tscript:a"])
def test_a_page_of_one_s_own_is_a_web_address(village: Village, token: str, address: str) -> None:
    with pytest.raises(RestError, match="INVALID_REQUEST"):
        edit(village, "/v1/accounts/me", "website", address, token)
