"""CommonMark to sanitised HTML.

Two locks: the parser shows raw HTML as text, and the sanitiser lets through an allow-list only.
"""

import nh3
from markdown_it import MarkdownIt

from services.markup.profile import Profile

__all__ = ["to_html"]

_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"http", "https", "mailto"}
_parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])


def to_html(text: str, profile: Profile) -> str:
    """The text as HTML that cannot run scripts, nor link to anything but http, https and mailto.

    Costs up to tenths of a second for hostile text: in a server use `rendered`.
    """
    return nh3.clean(
        _parser.render(text),
        tags=set(profile.tags),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items() if tag in profile.tags},
        attribute_filter=_filter,
        url_schemes=_SCHEMES,
        link_rel=profile.link_relation,
    )


def _filter(tag: str, attribute: str, value: str) -> str | None:
    if attribute in {"href", "src"} and value.lstrip().replace("\\", "/").startswith("//"):
        # Protocol-relative: looks like a path of ours, and leads elsewhere.
        return None
    if attribute == "class" and not value.startswith("language-"):
        return None
    return value
