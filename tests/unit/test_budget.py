"""The processes in which users' programs run."""

import operator
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from controlplane.budget import OverBudget, pool, spend
from controlplane.schema_forms.validation import SchemaMismatch, validate

FAT = ["y" * 200 for _ in range(2000)]
COSTLY = {"allOf": [{"maxItems": 1}] * 3000}


def test_what_a_function_returns_comes_back():
    assert spend(operator.add, [1], [{"a": "ü"}]) == [1, {"a": "ü"}]


def test_a_named_argument_and_an_error_with_its_words():
    with pytest.raises(SchemaMismatch, match=r"Validation failed for field 'a'\. Failure reason: 'x' is not of type"):
        spend(
            validate, {"a": "x"}, {"properties": {"a": {"type": "integer"}}}, allow_null=False, raises=(SchemaMismatch,)
        )


def test_an_error_that_nobody_expects_is_a_fault():
    with pytest.raises(RuntimeError, match="ZeroDivisionError in a process with limits"):
        spend(operator.truediv, 1, 0)


@pytest.mark.parametrize(
    ("_case", "function", "arguments"),
    [
        ("too long", validate, (FAT, COSTLY)),
        ("too much memory", operator.mul, ("a" * 1000, 10**6)),
        ("too long an answer", operator.mul, ("a", 2 * 1024 * 1024)),
    ],
)
def test_a_limit_ends_it_and_the_next_finds_a_process(_case, function, arguments):
    began = time.monotonic()
    with pytest.raises(OverBudget):
        spend(function, *arguments)
    assert time.monotonic() - began < 4
    assert spend(operator.add, 1, 1) == 2


def test_a_process_is_used_again_and_replaced_when_it_is_dead():
    first = spend(os.getpid)
    assert spend(os.getpid) == first != os.getpid()
    os.kill(first, 9)
    pool.POOL.idle[-1].process.wait()
    assert spend(os.getpid) != first


def test_two_at_most_run_at_a_time():
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: spend(os.getpid), range(40)))) <= pool.MOST
    assert len(pool.POOL.idle) <= pool.MOST


def test_a_fork_has_processes_of_its_own():
    mine = spend(os.getpid)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, str(spend(os.getpid)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reading, 20)) != mine
    assert spend(os.getpid) == mine
