"""Texts that run script, or fetch from a stranger, where they are shown as HTML unsanitised.

`@JS@` stands for the script to run and `@URL@` for the stranger's address. Most are made here, from tags with handlers
and from script addresses in all the ways of writing them; `known_bypasses` are written by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.security.browser.known_bypasses import FAMILIES

__all__ = ["VECTORS", "Vector"]


@dataclass(frozen=True, slots=True)
class Vector:
    """A hostile text, and the family that it belongs to."""

    family: str
    text: str

    def armed(self, number: int, stranger: str) -> str:
        """The text as it is sent: its script calls `fire(number)`, its address is `<stranger>/number`."""
        return self.text.replace("@JS@", f"fire({number})").replace("@URL@", f"{stranger}/{number}")


# Tags whose handler runs by itself, or once somebody touches them.
_TRIGGERS = (
    ("img src=x", "onerror"),
    ("svg", "onload"),
    ("body", "onload"),
    ("body", "onpageshow"),
    ("iframe src=about:blank", "onload"),
    ("video src=x", "onerror"),
    ("audio src=x", "onerror"),
    ("video><source src=x", "onerror"),
    ("input autofocus", "onfocus"),
    ("textarea autofocus", "onfocus"),
    ("select autofocus", "onfocus"),
    ("p tabindex=1 autofocus", "onfocus"),
    ("details open", "ontoggle"),
    ("dialog open", "onclick"),
    ("object data=x", "onerror"),
    ("link rel=stylesheet href=x", "onerror"),
    ("script src=x", "onerror"),
    ("style", "onload"),
    ("input type=image src=x", "onerror"),
    ("svg><animate attributeName=x dur=1s", "onbegin"),
    ("svg><set attributeName=x dur=1s", "onbegin"),
    ("svg><image href=x", "onerror"),
    ("picture><img srcset=x", "onerror"),
    ("math><mtext><img src=x", "onerror"),
    ("table><td><img src=x", "onerror"),
    ("xss", "onclick"),
    ("a", "onmouseover"),
    ("b", "onpointerenter"),
    ("form><button", "onclick"),
    ("div contenteditable", "onfocus"),
    ("marquee", "onwheel"),
    ("label", "oncopy"),
)
_SEPARATORS = (" ", "/", "\t", "\f", "  ")
_QUOTED = ("{}", '"{}"', "'{}'")

# One address, written so that a filter does not know it and a browser does.
_SCRIPT_URLS = (
    "javascript:@JS@",
    "JaVaScRiPt:@JS@",
    "java\tscript:@JS@",
    "java\rscript:@JS@",
    "\x01javascript:@JS@",
    " javascript:@JS@",
    "\x1f\x0fjavascript:@JS@",
    "java&Tab;script:@JS@",
    "java&NewLine;script:@JS@",
    "java&#10;script:@JS@",
    "java&#x0D;script:@JS@",
    "javascript&colon;@JS@",
    "javascript&#58;@JS@",
    "javascript&#x3A;@JS@",
    "&#106;avascript:@JS@",
    "&#0000106avascript:@JS@",
    "&#x6A;&#x61;vascript:@JS@",
    "&#1;javascript:@JS@",
    "javascript:javascript:@JS@",
    "javascript://a.example/%0A@JS@",
    "javascript://%0d%0a@JS@//https://a.example",
    "javascript:/*--></title></style>*/@JS@",
    "javascript:%66ire,@JS@",
    "data:text/html,<script>@JS@</script>",
    "data:text/html;charset=utf-8,%3Cscript%3E@JS@%3C/script%3E",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='@JS@'/>",
    "vbscript:@JS@",
    "view-source:javascript:@JS@",
    "feed:javascript:@JS@",
    "blob:javascript:@JS@",
)
_HTML_HOLDERS = (
    '<a href="{}">x</a>',
    '<iframe src="{}"></iframe>',
    '<form action="{}"><button>x</button></form>',
    '<form><button formaction="{}">x</button></form>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<svg><a href="{}"><text y=20>x</text></a></svg>',
    '<svg><a xlink:href="{}"><text y=20>x</text></a></svg>',
    '<map name=m><area href="{}" shape=default></map>',
    '<math href="{}">x</math>',
    "<iframe srcdoc=\"<a href='{}'>x</a>\"></iframe>",
    "<a href={}>x",
)
_MARKDOWN_HOLDERS = (
    "[x]({})",
    "[x](<{}>)",
    "![x]({})",
    "<{}>",
    "[x][y]\n\n[y]: {}",
    "[x]\n\n[x]: <{}> 'title'",
    '[x]({} "title")',
    "[![x](y)]({})",
    "> [x]({})",
    "- [*x*]({})",
    "| a |\n|---|\n| [x]({}) |",
    "~~[x]({})~~",
)


def _handlers() -> Iterator[Vector]:
    separators, quotes = cycle(_SEPARATORS), cycle(_QUOTED)
    for number, (tag, handler) in enumerate(_TRIGGERS):
        for shouted in (False, True):
            name = handler.upper() if shouted else handler
            opened = f"<{tag.title() if shouted and number % 2 else tag}"
            yield Vector("handler", f"{opened}{next(separators)}{name}={next(quotes).format('@JS@')}>x")
        yield Vector("unclosed", f"<{tag} {handler}=@JS@ x=")


def _addresses() -> Iterator[Vector]:
    html, markdown = cycle(_HTML_HOLDERS), cycle(_MARKDOWN_HOLDERS)
    for address in _SCRIPT_URLS:
        for _ in range(3):
            yield Vector("address", next(html).format(address))
            yield Vector("markdown", next(markdown).format(address))


def _listed() -> Iterator[Vector]:
    for family, texts in FAMILIES.items():
        yield from (Vector(family, text) for text in texts)


VECTORS = tuple(dict.fromkeys([*_handlers(), *_addresses(), *_listed()]))
