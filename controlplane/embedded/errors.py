"""The one exception a person sees: its text is a sentence that says what is wrong and what to do."""


class CannotStart(Exception):
    """Something outside the program stands in the way; `str()` of it is printed as it is."""
