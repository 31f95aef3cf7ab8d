"""A flow that holds its place until there is a file."""

import time
from pathlib import Path

from prefect import flow


@flow
def hold(until: str) -> None:
    while not Path(until).exists():
        time.sleep(0.1)
