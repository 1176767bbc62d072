"""The little Markdown of comments as HTML: paragraphs, lists, code, bold, links."""

import html
import re

__all__ = ["inline", "prose", "tag"]

_MARKS = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\[([^\]]+)\]\((?:/docs)?([^)\s]+)\)"), r'<a href="\2">\1</a>'),
)


def inline(text: str) -> str:
    """One line; everything that is not a known mark is escaped."""
    escaped = html.escape(text, quote=False)
    for pattern, replacement in _MARKS:
        escaped = pattern.sub(replacement, escaped)
    return escaped


def prose(text: str) -> str:
    """Paragraphs and lists."""
    return "".join(_block(block) for block in re.split(r"\n\n+", text.strip()) if block.strip())


def tag(name: str, content: str, **attributes: str) -> str:
    """An element; `content` is HTML already, values of attributes are not. `kind` stands for `class`."""
    attributes = {"class" if key == "kind" else key: value for key, value in attributes.items()}
    written = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def _block(block: str) -> str:
    lines = block.splitlines()
    if any(line.startswith("- ") for line in lines):
        items: list[str] = []
        for line in lines:
            if line.startswith("- "):
                items.append(line[2:])
            else:
                items[-1] += " " + line.strip()
        return tag("ul", "".join(tag("li", inline(item)) for item in items))
    return tag("p", inline(" ".join(lines)))
