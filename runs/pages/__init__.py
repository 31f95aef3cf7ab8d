"""Pages of flows, runs and task runs, and what keeps them live."""
