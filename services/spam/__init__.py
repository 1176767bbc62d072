"""The spam service: the model behind its contract. It keeps nothing of what it is shown."""
