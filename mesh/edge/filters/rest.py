"""What HTTP asks of a REST answer and the transcoder does not give, in Lua inside Envoy.

405 with `Allow`, 304, 412, and events with an id.

It stands before the transcoder: it sees requests as they came, and answers as they leave.
"""

from importlib import resources

from mesh.edge.rest_paths import Tree
from mesh.edge.typed import Config, extension

__all__ = ["NAME", "http_filter"]

NAME = "envoy.filters.http.lua"


def http_filter(paths: Tree) -> Config:
    code = resources.files(__package__).joinpath("rest.lua").read_text()
    return extension(
        NAME,
        "extensions.filters.http.lua.v3.Lua",
        default_source_code={"inline_string": f"local PATHS = {_table(paths)}\n{code}"},
    )


def _table(value: Tree | str) -> str:
    """A Lua table. Segments and methods are words of our contracts, so quoting them is enough."""
    if isinstance(value, str):
        return f'"{value}"'
    return "{" + ",".join(f'["{key}"]={_table(each)}' for key, each in value.items()) + "}"
