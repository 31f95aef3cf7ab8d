"""Ids where they stand in texts."""

import re

ID_TEXT = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


def ids_in(*texts: str) -> set[str]:
    return {id for text in texts for id in ID_TEXT.findall(text)}
