"""A plugin of pytest (``-p tests.longest``): how long the files of tests took, the longest first, so that it is seen
where the time goes. Seconds of all workers, what a file sets up for others included."""

from collections import defaultdict

import pytest

SHOWN = 25
_seconds: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid.partition("::")[0]] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section(f"the longest of {len(_seconds)} files, of {sum(_seconds.values()):.0f} s in all")
    for file, seconds in sorted(_seconds.items(), key=lambda row: -row[1])[:SHOWN]:
        terminalreporter.write_line(f"{seconds:7.1f} s {file}")
