"""The documentation page: one static file, made of the document alone, that needs no script and no other file."""
