"""HTTP's own semantics for calls that came over REST: what their headers ask for, and what answers say in headers.

Everything is derived from the descriptors, once a method. A call from inside the mesh pays one comparison.
"""

from mesh.http.answers import answer_headers, error_headers, stream_headers
from mesh.http.origin import is_rest
from mesh.http.request_headers import fill_from_headers

__all__ = ["answer_headers", "error_headers", "fill_from_headers", "is_rest", "stream_headers"]
