"""The documentation page needs nothing but itself, and every link in it leads somewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import hamlet
from hamlet.error.v1.error_reason_pb2 import ErrorReason

from mesh.errors import reason_name
from protos.tools.openapi.page.prose import prose

FOLDER = Path(next(iter(hamlet.__path__)))
SERVED = {"/openapi.json"}


class Page(HTMLParser):
    """The elements of the page, its anchors and its links."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: dict[str, int] = {}
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.feed((FOLDER / "docs.html").read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links |= {value for name, value in attrs if name == "href" and value}


def test_it_loads_nothing_and_runs_nothing() -> None:
    page = Page()
    assert {"script", "link", "img", "iframe", "object", "form"} & page.elements.keys() == set()
    assert not {name for name in page.attributes if name.startswith("on") or name in {"style", "src"}}
    assert page.elements["style"] == 1
    assert not re.search(r"url\(|@import", (FOLDER / "docs.html").read_text())


def test_every_link_leads_somewhere() -> None:
    page = Page()
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if link not in SERVED and link.removeprefix("#") not in page.ids} == set()


def test_every_operation_and_every_error_has_its_place() -> None:
    ids = set(Page().ids)
    document = json.loads((FOLDER / "openapi.json").read_text())
    operations = {each["operationId"] for path in document["paths"].values() for each in path.values()}
    assert operations <= ids
    assert {f"error-{reason_name(reason)}" for reason in ErrorReason.values() if reason} <= ids


def test_the_words_of_a_contract_are_text_and_no_markup() -> None:
    assert prose("a <script> of `b < c`") == "<p>a &lt;script&gt; of <code>b &lt; c</code></p>"
