"""The front door as shipped: cached and uncached reads, comments, growth, memory."""
