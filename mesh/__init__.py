"""The runtime every Hamlet service stands on. It knows nothing of blogs, of SQL or of torch."""
