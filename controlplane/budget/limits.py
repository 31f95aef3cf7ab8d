"""The limits, and what it is called when one is reached."""

CPU_SECONDS = 0.3
"""Of processor time for one call: what a call may cost does not depend on who else is at work."""
SECONDS = 5.0
"""Of clock time for one call, from when the process is ready. Its processor time ends what is costly; a busy machine
lets it wait for that, and then what was affordable must not be refused."""
MEMORY = 512 * 1024 * 1024
LARGEST_ANSWER = 1024 * 1024


class OverBudget(Exception):
    """It took too long, or too much memory."""
