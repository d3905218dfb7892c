"""What a workspace keeps for the next pair is bounded, and what it answers does not hang on that."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from kg.curie import HUMAN, MOUSE
from kg.sides import kept
from kg.sides.kept import Kept
from kg.sides.workspace import Workspace
from kg.verdict.family import family, pairwise
from tests.kg.little import TRUTH, Little


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Little:
    made, rng = Little(tmp_path_factory.mktemp("kept")), np.random.default_rng(2)
    made.add("mouse", MOUSE, TRUTH)
    for i in range(24):
        made.add(f"model{i}", MOUSE, TRUTH * rng.normal())
        made.add(f"cohort{i}", HUMAN, TRUTH * rng.normal(), state=f"state{i % 8}")
    return made


def answers(ws: Workspace) -> list[dict]:
    mouse = ws.catalog.contrasts["orthokg:contrast/little/mouse"]
    records = [*family(ws, mouse, disease=None, band=False), *pairwise(ws, mouse, list(ws.catalog.contrasts.values()))]
    return [asdict(record) for record in records]


@pytest.mark.long
def test_a_small_workspace_answers_as_a_large_one(little: Little) -> None:
    large = little.workspace()
    told = answers(large)
    small = Workspace(large.catalog, large.signatures, limit=large.kept_bytes // 4)
    assert answers(small) == told
    assert 0 < small.kept_bytes <= large.kept_bytes // 4
    least = Workspace(large.catalog, large.signatures, limit=0)
    assert answers(least) == told
    assert least.kept_bytes == 0


def test_bytes_are_those_of_what_is_held(tmp_path: Path) -> None:
    held, shared = Kept(10_000), np.zeros(500)
    held.of("one", lambda: (shared, np.zeros(10)))
    before = held.bytes
    assert 4080 <= before < 4400
    held.of("two", lambda: (shared[100:], {"of": shared.reshape(5, 100)}))
    assert held.bytes - before < 1000, "an array that two hold counts once"
    np.save(tmp_path / "large.npy", np.zeros(100_000))
    held.of("mapped", lambda: np.load(tmp_path / "large.npy", mmap_mode="r")[5:])
    assert held.bytes - before < 1000, "what lies in a file is no memory"


def test_what_was_used_least_goes_first() -> None:
    held, made = Kept(8 * 350), []

    def ask(key: str, n: int = 100) -> None:
        held.of(key, lambda: made.append(key) or np.zeros(n))  # type: ignore[func-returns-value]

    for key in ("a", "b", "c", "a", "d", "a", "b"):
        ask(key)
    assert made == ["a", "b", "c", "d", "b"]
    ask("larger than the limit", 1000)
    ask("larger than the limit", 1000)
    assert made[5:] == ["larger than the limit"] * 2
    assert len(held) == 3
    assert held.bytes == 2400


def test_threads_share_it_without_losing_count() -> None:
    held, parts = Kept(8 * 1000), [np.full(50, i, float) for i in range(60)]

    def ask(seed: int) -> bool:
        order = np.random.default_rng(seed).integers(0, 60, 400)
        return all(held.of(int(i), lambda i=i: (parts[i], parts[(i + 1) % 60]))[0][0] == i for i in order)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(16)))
    assert held.bytes <= held.limit
    assert held.bytes == sum(dict(pair for _, sizes in held._held.values() for pair in sizes.items()).values())
    assert kept.LIMIT <= 2**30
