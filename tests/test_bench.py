"""The benchmark runs: a table of figures comes out, on a small scale."""

import pytest

from bench.__main__ import measured
from bench.world import SMALLEST


@pytest.mark.long
def test_the_benchmark_measures_every_operation() -> None:
    table = measured([SMALLEST], 1, 0.02, durable=False)
    for shown in ("| R1 |", "| R2 |", "| R2, page 2,000", "| W2 |", "on one hot account", "after 20 mixed requests"):
        assert shown in table
