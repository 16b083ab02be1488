"""Properties are tried with the same inputs on every machine, and leave nothing behind."""

from hypothesis import settings

settings.register_profile("rules", derandomize=True, database=None, deadline=None, max_examples=300)
settings.load_profile("rules")
