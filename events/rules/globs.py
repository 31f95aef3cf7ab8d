"""Globs of label values: `*` is any text, `?` any one character, and a leading `!` negates."""


def fits(value: str, pattern: str) -> bool:
    """Whether a value satisfies one pattern of a filter. Never slower than value × pattern."""
    if pattern.startswith("!"):
        return not glob(value, pattern[1:])
    return glob(value, pattern)


def glob(value: str, pattern: str) -> bool:
    """Greedy matching with one place to go back to: the last star."""
    if "*" not in pattern and "?" not in pattern:
        return value == pattern
    at = here = 0
    star, resume = -1, 0
    while at < len(value):
        if here < len(pattern) and pattern[here] == "*":
            star, resume = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in (value[at], "?"):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = resume, star + 1
        else:
            return False
    return not pattern[here:].strip("*")


def as_like(pattern: str) -> str:
    """The LIKE pattern of a glob (without its `!`)."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")
