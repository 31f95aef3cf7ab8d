"""What a team that is still on Prefect 2 deploys: tasks, one of them flaky, a sub-flow, parameters and logs."""

import os
import time

from prefect import flow, get_run_logger, task
from prefect.runtime import task_run


@task(tags=["io"])
def extract(n: int) -> list:
    return list(range(n))


@task(retries=1, retry_delay_seconds=0)
def flaky(numbers: list) -> int:
    if task_run.run_count == 1:
        raise ConnectionError("the first try fails")
    return sum(numbers)


@flow(name="report")
def report(total: int) -> str:
    get_run_logger().info("reporting %s", total)
    return f"total {total}"


@flow(name="main", log_prints=True)
def main(n: int = 3, seconds: float = 0) -> str:
    print(f"starting with {n}")
    print(f"greeting {os.environ.get('GREETING')}")
    time.sleep(seconds)
    return report(flaky(extract(n)))


if __name__ == "__main__":
    print(main(4))
