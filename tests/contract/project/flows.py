"""What a data engineer deploys: tasks, one of them flaky, a sub-flow, parameters and logs."""

from prefect import flow, get_run_logger, task
from prefect.runtime import task_run


@task(tags=["io"])
def extract(n: int) -> list[int]:
    return list(range(n))


@task(retries=1, retry_delay_seconds=0)
def flaky(numbers: list[int]) -> int:
    if task_run.run_count == 1:
        raise ConnectionError("the first try fails")
    return sum(numbers)


@task
def load(total: int, fail: bool) -> int:
    if fail:
        raise ValueError("Matrix is singular: column 'discount' is constant")
    return total


@flow(name="report")
def report(total: int) -> str:
    get_run_logger().info("reporting %s", total)
    return f"total {total}"


@flow(name="main", log_prints=True)
def main(n: int = 3, fail: bool = False) -> str:
    print(f"starting with {n}")
    total = load(flaky(extract(n)), fail)
    return report(total)
