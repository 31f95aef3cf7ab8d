"""Templates of people we do not know, rendered in a process of their own with a budget of time and memory."""
