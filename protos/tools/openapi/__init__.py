"""OpenAPI 3.1, the documentation page and the pages of the errors, all made of the contracts' descriptors."""
