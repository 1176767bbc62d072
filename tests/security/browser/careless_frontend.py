"""Shows what the front door answers in a real browser as carelessly as can be, and says what ran."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Request

from services.markup import Profile

__all__ = ["FIRE", "Outcome", "page_of_it", "show"]

Documents = Sequence[tuple[int, str]]

# Known to run, each by another way and in another moment; they end the wait.
SENTINELS = (
    (-1, "<img src=x onerror=fire(-1)>"),
    (-2, "<svg><animate onbegin=fire(-2) attributeName=x dur=1s>"),
    (-3, "<details open ontoggle=fire(-3)>x</details>"),
    (-4, "<a href=javascript:fire(-4)>x</a>"),
    (-5, "<p onpointerenter=fire(-5)>x</p>"),
    (-6, "<style onload=fire(-6)></style>"),
)
_ATTRIBUTES = ["alt", "class", "href", "rel", "src", "start", "title"]
_PROTOCOLS = ["about:", "http:", "https:", "mailto:"]
_IN_A_FRAME = 10
FIRE = """
  window.fire = (number) => {
    console.log(`fired ${number}`);
    try { window.top.fired.push(number); } catch { }
  };
"""


@dataclass(slots=True)
class Outcome:
    """What happened, by the number of the document that did it.

    Attributes:
        ran: its script ran.
        asked: it made the browser fetch from the stranger.
        dialogs: how many dialogs opened.
        strange: elements, attributes and addresses in the browser's own tree that are not on the allow-list.
    """

    ran: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    dialogs: int = 0
    strange: list[str] = field(default_factory=list)


def page_of_it() -> str:
    return (Path(__file__).parent / "careless.html").read_text()


def show(browser: Browser, url: str, documents: Documents, stranger: str, profile: Profile | None) -> Outcome:
    """Shows (number, html) pairs.

    Args:
        url: of `page_of_it`, as some web server serves it.
        stranger: requests to addresses below it are noted.
        profile: what the trees may hold; None does not look at them.
    """
    outcome, sentinels = Outcome(), set[int]()

    def heard(message: ConsoleMessage) -> None:
        if ran := re.fullmatch(r"fired (-?\d+)", message.text):
            number = int(ran[1])
            (outcome.ran if number >= 0 else sentinels).add(number)

    def requested(request: Request) -> None:
        if asked := re.match(rf"{re.escape(stranger)}/(\d+)", request.url):
            outcome.asked.add(int(asked[1]))

    def opened(dialog: Dialog) -> None:
        outcome.dialogs += 1
        dialog.dismiss()

    allowed = profile and {"tags": [*profile.tags], "attributes": _ATTRIBUTES, "protocols": _PROTOCOLS}
    with browser.new_context() as context:
        context.add_init_script(FIRE)
        context.on("console", heard)
        context.on("request", requested)
        context.on("dialog", opened)
        page = context.new_page()
        page.goto(url)
        groups = [documents[first : first + _IN_A_FRAME] for first in range(0, len(documents), _IN_A_FRAME)]
        outcome.strange = page.evaluate(
            "([groups, sentinels, allowed]) => showAll(groups, sentinels, allowed)", [groups, SENTINELS, allowed]
        )
    assert sentinels == {number for number, _ in SENTINELS}, "the harness itself is blind"
    return outcome
