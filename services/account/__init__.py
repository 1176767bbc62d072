"""The account service: who people are, that they are it, and what they may do."""
