"""What HTTP asks of a REST answer and the transcoder does not give, in Lua inside Envoy.

405 with `Allow`, 304, 412, and events with an id.

It stands before the transcoder: it sees requests as they came, and answers as they leave. A plain read passes it
by: most requests are one, and it has nothing to do for them.
"""

from importlib import resources

from mesh.edge.rest_paths import Tree
from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "http_filter"]

NAME = "envoy.filters.http.lua"


def http_filter(paths: Tree, plain_reads: str) -> Config:
    """Args: plain_reads: from `rest_paths.plain_reads`."""
    code = resources.files(__package__).joinpath("rest.lua").read_text()
    script = extension(
        NAME,
        "extensions.filters.http.lua.v3.Lua",
        default_source_code={"inline_string": f"local PATHS = {_table(paths)}\n{code}"},
    )
    plain = [
        _header(":method", {"exact": "GET"}),
        {"not_matcher": _header("if-none-match", _regex(".*"))},
        _header(":path", _regex(plain_reads)),
    ]
    skip = {"name": "skip", "typed_config": any_of("extensions.filters.common.matcher.action.v3.SkipFilter")}
    matcher = {"predicate": {"and_matcher": {"predicate": plain}}, "on_match": {"action": skip}}
    return extension(
        NAME,
        "extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=script,
        xds_matcher={"matcher_list": {"matchers": [matcher]}},
    )


def _header(name: str, match: Config) -> Config:
    header = extension("header", "type.matcher.v3.HttpRequestHeaderMatchInput", header_name=name)
    return {"single_predicate": {"input": header, "value_match": match}}


def _regex(pattern: str) -> Config:
    return {"safe_regex": {"google_re2": {}, "regex": pattern}}


def _table(value: Tree | str) -> str:
    """A Lua table. Segments and methods are words of our contracts, so quoting them is enough."""
    if isinstance(value, str):
        return f'"{value}"'
    return "{" + ",".join(f'["{key}"]={_table(each)}' for key, each in value.items()) + "}"
