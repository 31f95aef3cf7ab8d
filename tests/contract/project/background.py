"""A background task and whoever delays it: `background.py serve LIMIT`, `background.py delay N...`."""

import os
import sys
import time
from pathlib import Path

from prefect import task
from prefect.task_worker import serve

HERE = Path(__file__).parent


@task
def work(n: int) -> int:
    """Says that it was run, and by whom. 0 holds its worker until there is a file `go`."""
    with (HERE / "worked.txt").open("a") as done:
        done.write(f"{n} {os.getpid()}\n")
    while n == 0 and not (HERE / "go").exists():
        time.sleep(0.1)
    return n


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(work, limit=int(sys.argv[2]))
    else:
        for n in sys.argv[2:]:
            print("delayed", work.delay(int(n)).task_run_id)
