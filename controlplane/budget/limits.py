"""The limits, and what it is called when one is reached."""

SECONDS = 0.3
"""Of clock time for one call, from when the process is ready."""
CPU_SECONDS = 1
"""The kernel counts in whole seconds; this one holds if nobody looks at the clock any more."""
MEMORY = 512 * 1024 * 1024
LARGEST_ANSWER = 1024 * 1024


class OverBudget(Exception):
    """It took too long, or too much memory."""
