"""The comment service: what readers write under posts, who sees it, and what the filter and people decide about it."""
