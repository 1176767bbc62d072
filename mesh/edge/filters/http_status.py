"""HTTP statuses that gRPC has no code for: a service names one in a header, this filter puts it on the REST answer.

412 for If-Match that did not match (RFC 9110, 15.5.13) is ABORTED in gRPC, which the transcoder makes 409. Only
requests with If-Match go through the script.
"""

from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "http_filter"]

NAME = "envoy.filters.http.lua"
_SCRIPT = """
function envoy_on_response(response)
  local status = response:headers():get("x-hamlet-status")
  if status == "412" then
    response:headers():replace(":status", status)
  end
  response:headers():remove("x-hamlet-status")
end
"""


def http_filter() -> Config:
    """Stands before the transcoder, so it sees answers after it."""
    script = extension(NAME, "extensions.filters.http.lua.v3.Lua", default_source_code={"inline_string": _SCRIPT})
    skip = {"name": "skip", "typed_config": any_of("extensions.filters.common.matcher.action.v3.SkipFilter")}
    if_match = extension("request-headers", "type.matcher.v3.HttpRequestHeaderMatchInput", header_name="if-match")
    absent = {"single_predicate": {"input": if_match, "value_match": {"safe_regex": {"google_re2": {}, "regex": ".*"}}}}
    return extension(
        NAME,
        "extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=script,
        xds_matcher={
            "matcher_list": {"matchers": [{"predicate": {"not_matcher": absent}, "on_match": {"action": skip}}]}
        },
    )
