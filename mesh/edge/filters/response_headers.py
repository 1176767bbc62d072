"""Headers that REST and gRPC do not share: gRPC's own come off REST answers, names that gRPC refuses come off REST
requests, and browsers take JSON for nothing else."""

from mesh.edge.typed import Config, any_of, extension

__all__ = ["NAME", "http_filter"]

NAME = "envoy.filters.http.header_mutation"
_PREFIXES = ("grpc-", "x-envoy-")
_NOT_IN_GRPC = r"(?:[^:].*)?[^a-z0-9_.:-].*"
"""Names that RFC 9110 allows and gRPC does not (`a*b`): a service's gRPC answers them with INTERNAL. Pseudo-headers
match in none of their characters."""

_NOSNIFF = {
    "append": {
        "header": {"key": "x-content-type-options", "value": "nosniff"},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
}


def http_filter() -> Config:
    """Stands before the transcoder, so it sees answers after it."""
    removed = [{"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in _PREFIXES]
    mutation = extension(
        NAME,
        "extensions.filters.http.header_mutation.v3.HeaderMutation",
        mutations={
            "request_mutations": [
                {"remove_on_match": {"key_matcher": {"safe_regex": {"google_re2": {}, "regex": _NOT_IN_GRPC}}}}
            ],
            "response_mutations": [*removed, {"remove": "te"}, _NOSNIFF],
            "response_trailers_mutations": removed,
        },
    )
    return extension(
        NAME,
        "extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=mutation,
        xds_matcher={
            "matcher_tree": {
                "input": extension(
                    "request-headers",
                    "type.matcher.v3.HttpRequestHeaderMatchInput",
                    header_name="content-type",
                ),
                "prefix_match_map": {
                    "map": {
                        "application/grpc": {
                            "action": {
                                "name": "skip",
                                "typed_config": any_of("extensions.filters.common.matcher.action.v3.SkipFilter"),
                            }
                        }
                    }
                },
            }
        },
    )
