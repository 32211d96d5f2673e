"""What a request costs: queries, wall time, and the CPU of web process and database together, which survives noise."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

TICKS = os.sysconf("SC_CLK_TCK")
REPEATS = 30


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians: milliseconds of wall and CPU time, and the number of queries."""

    wall: float
    cpu: float
    queries: int


def _backend_seconds(pid: int) -> float:
    """CPU time of the database's process behind our connection."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cost_of(deed: Callable[[], object], repeats: int = REPEATS) -> Cost:
    """`deed` is called once to warm up, once to count its queries, then `repeats` times."""
    deed()
    with CaptureQueriesContext(connection) as captured:
        deed()
    queries = len(captured)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    walls = []
    backend, web = _backend_seconds(pid), time.process_time()
    for _ in range(repeats):
        began = time.perf_counter()
        deed()
        walls.append(time.perf_counter() - began)
    cpu = time.process_time() - web + _backend_seconds(pid) - backend
    return Cost(sorted(walls)[repeats // 2] * 1000, cpu / repeats * 1000, queries)


def resident_mib() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
