"""Comments of contracts: paragraphs without the wrapping, and the errors that they name.

The errors of an RPC stand in its comment (`Errors: A, B.`), those of all RPCs of a service in the service's. The
grammar is strict, because what it does not understand would be missing from the documentation without a sound.
"""

import re
from dataclasses import dataclass

__all__ = ["ServiceErrors", "definition", "errors_of_rpc", "errors_of_service", "first_sentence", "paragraphs"]

_NAME = r"[A-Z][A-Z_]+"
_LIST = rf"{_NAME}(?:, {_NAME})*(?: and {_NAME})?"
_RPC = re.compile(rf"Errors: (?:none of its own|(?P<names>{_NAME}(?:, {_NAME})*))\.")
_SERVICE = re.compile(
    r"Besides the errors that each RPC names, (?:all|both|it) may answer "
    rf"(?P<names>{_LIST})(?:,(?: and)? all that change something (?P<change>{_LIST}))?"
    rf"(?:, and all that need a person (?P<person>{_LIST}))?\."
)


@dataclass(frozen=True, slots=True)
class ServiceErrors:
    """What a service's comment says: the text without that sentence, and the names."""

    text: str
    names: tuple[str, ...]
    change: tuple[str, ...]
    person: tuple[str, ...]


def paragraphs(comment: str) -> str:
    """A comment without the wrapping of its lines; indented lines stay as they are."""
    blocks = re.split(r"\n[ \t]*\n", comment.strip("\n"))
    return "\n\n".join(block if _is_code(block) else " ".join(block.split()) for block in blocks if block.strip())


def first_sentence(text: str) -> str:
    """The first sentence, with its full stop."""
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]


def definition(name: str, comment: str) -> str:
    """`Post is an article.` as `An article.`, where its name is the heading."""
    words = comment.removeprefix(f"{name} ").removeprefix("is ")
    return words[:1].upper() + words[1:]


def errors_of_rpc(comment: str) -> tuple[str, tuple[str, ...]]:
    """The text without its last line, and the errors that line names.

    Raises:
        ValueError: there is no such line, or it is not the last one.
    """
    text = paragraphs(comment)
    found = _RPC.search(text)
    if found is None or text[found.end() :].strip():
        raise ValueError("its comment does not name its errors (`Errors: A, B.`) at its end")
    return text[: found.start()].strip(), _names(found["names"])


def errors_of_service(comment: str) -> ServiceErrors:
    """What the service's comment says of errors.

    Raises:
        ValueError: it says nothing that can be understood.
    """
    text = paragraphs(comment)
    found = _SERVICE.search(text)
    if found is None:
        raise ValueError("its comment does not say which errors all RPCs may answer with (`Besides the errors ...`)")
    rest = text[: found.start()].strip() + " " + text[found.end() :].strip()
    return ServiceErrors(rest.strip(), _names(found["names"]), _names(found["change"]), _names(found["person"]))


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(re.findall(_NAME, text or ""))


def _is_code(block: str) -> bool:
    return all(line.startswith("     ") for line in block.splitlines())
