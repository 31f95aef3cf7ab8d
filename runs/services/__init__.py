"""Use cases of runs: the only place with transactions."""
