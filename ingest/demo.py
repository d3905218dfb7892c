"""``make demo``: from nothing to the first answer, and how long it took.

With the sources at hand (cache or network) the real studies; without them a simulated study, called simulated in every
answer.
"""

import subprocess
import sys
import time

import click

from ingest.cli import SIMULATED

QUESTIONS = (("rTg4510", "regulon"), ("5xFAD", "gene"), ("J20", "gene"))
SIMULATED_QUESTIONS = (("simulated-specific", "regulon"), ("simulated-shared", "gene"), ("simulated-none", "gene"))


def _run(*words: str) -> int:
    print(f"\n$ orthokg {' '.join(words)}", flush=True)
    return subprocess.run([sys.executable, "-m", "kg.cli", *words], check=False).returncode


@click.command()
def main() -> None:
    """From nothing to the first answer: ingests the studies of the demonstration, and asks three questions."""
    sys.exit(run())


def run() -> int:
    started = time.monotonic()
    code = _run("ingest", "--demo")
    if code not in (0, 3, SIMULATED):
        return code
    simulated = code == SIMULATED
    for at, (model, level) in enumerate(SIMULATED_QUESTIONS if simulated else QUESTIONS):
        if _run("match", "--model", model, "--disease", "MONDO:0004975", "--level", level):
            return 1
        if at == 0:
            print(f"first answer after {time.monotonic() - started:.0f} s", flush=True)
    _run("status")
    print(f"demo: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    main()
