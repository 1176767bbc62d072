"""Fills a comment database with as many comments as a viral post gets, in minutes."""
