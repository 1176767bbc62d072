"""The spam filter's model: corpora in, a bundle out; comments in, verdicts with reasons out.

It knows nothing of gRPC, of databases or of services. A service needs `bundle` (`default_bundle`, `load_bundle`),
`engine` (`Engine`), `batcher` (`Batcher`), `observer`, `comment`, `verdict` and `errors`.
"""
