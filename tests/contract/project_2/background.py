"""A background task of 2.20, which is an experiment there: `background.py serve`, `background.py submit N...`."""

import sys
from pathlib import Path

from prefect import task
from prefect.task_server import serve

WORKED = Path(__file__).parent / "worked.txt"


@task
def work(n: int) -> int:
    with WORKED.open("a") as done:
        done.write(f"{n}\n")
    return n


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(work)
    else:
        for n in sys.argv[2:]:
            print("submitted", work.submit(int(n)).id)
