"""What a flood leaves in the log, and how many descriptors are kept from it."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from api.http.watch import JsonLines
from api.sockets.bursts import OF_REFUSALS, SECONDS, Bursts, QuietFile

ROOT = Path(__file__).parents[2]


def made(level: int, text: str, *values: object, error: Exception | None = None, status: int = 0) -> logging.LogRecord:
    info = (type(error), error, None) if error else None
    record = logging.LogRecord("asyncio", level, "here", 1, text, values, info)
    if status:
        record.fields = {"status": status}
    return record


def test_a_burst_is_one_line_and_a_count() -> None:
    now = [0.0]
    bursts = Bursts(lambda: now[0])
    flood = [
        made(logging.ERROR, "socket.accept() out of system resource\nsocket: %s", at, error=OSError(24, "none"))
        for at in range(1000)
    ]
    assert [each for record in flood for each in bursts.passing(record)] == flood[:1]
    other = made(logging.ERROR, "socket.accept() out of system resource\nsocket: %s", error=ValueError())
    assert list(bursts.passing(other)) == [other]
    now[0] = SECONDS
    plain = made(logging.INFO, "request", status=200)
    told, last = bursts.passing(plain)
    assert (vars(told)["repeated"], told.exc_info, last) == (999, None, plain)
    assert json.loads(JsonLines().format(told))["repeated"] == 999
    assert list(bursts.passing(flood[0])) == [flood[0]]
    assert list(bursts.rest()) == []


def test_requests_that_are_answered_are_all_told_and_refused_ones_some() -> None:
    bursts = Bursts(lambda: 0.0)
    for status, written in ((200, 1000), (401, OF_REFUSALS), (503, OF_REFUSALS)):
        assert (
            sum(len(list(bursts.passing(made(logging.INFO, "request", status=status)))) for _ in range(1000)) == written
        )
    assert sorted(vars(each)["repeated"] for each in bursts.rest()) == [1000 - OF_REFUSALS] * 2


def test_a_log_file_is_rotated_and_tells_the_rest_at_its_end(tmp_path: Path) -> None:
    handler = QuietFile(str(tmp_path / "log"), 2000, 3)
    handler.setFormatter(JsonLines())
    for at in range(200):
        handler.emit(made(logging.INFO, "line %d", at))
        handler.emit(made(logging.WARNING, "again"))
    handler.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["log", "log.1", "log.2"]
    assert all(file.stat().st_size <= 2000 for file in files)
    assert '"repeated": 199' in files[0].read_text().splitlines()[-1]


@pytest.mark.parametrize(("descriptors", "found"), [(70, "TOO_FEW_DESCRIPTORS"), (256, "122"), (6000, "1000")])
def test_connections_leave_descriptors_to_the_store(descriptors: int, found: str) -> None:
    script = (
        "import resource; from api.sockets import descriptors; from kg.errors import KgError\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({min(descriptors, 128)}, {descriptors}))\n"
        "try: print(descriptors.room(1000)[0])\n"
        "except KgError as error: print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    said = done.stdout.strip()
    assert said == found if not found.isdigit() else abs(int(said) - int(found)) < 10
