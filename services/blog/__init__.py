"""The blog service: posts, their history, and what readers see of them."""
