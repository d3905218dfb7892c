"""Damage to every kind of file and row that a home keeps, and ingests that are killed: what is noticed, answered and
made again.

    python -m tests.bench.bench_damage [FLIPS [KILLS]]

Rounds of eight damages each to a small study made here: bit flips, truncations, other values, files lost, swapped or
too many; rows of the graph changed, lost or too many. Noticed: `verify` names it. Answered: every stored signature read
and a match computed, each either as it was or an error. Then one ingest, after which `verify` finds nothing and the
hashes are the first ones. Kills (-9): at a transaction or a moment drawn, then an ingest that ends. The cost of the
checks: sha256 of what is read.
"""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TINY_GENES", "260")

import numpy as np
from click.testing import CliRunner

import kg.signatures.arrays
from ingest.checkpoint import Checkpoint
from kg.ask.questions import match_answer
from kg.backup.kept import damage, keep
from kg.cli.main import main as main_command
from kg.curie import HUMAN
from kg.errors import KgError
from kg.integrity.verify import verify
from kg.read.contents import rounded
from kg.release.releases import make_release
from kg.signatures.store import Signature, SignatureStore
from kg.store.driver import Store, open_store
from kg.store.home_format import FILE
from tests.bench.record import save
from tests.conftest import clean, neo4j_local
from tests.graph.tiny_world import STUDIES, Counted, few_terms, hashes, ingested

ALL = (*STUDIES, "counts")
IN_A_ROUND = 8
ROWS = frozenset(
    {
        "node: value",
        "node: lost",
        "node: id",
        "node: too many",
        "node: source",
        "half of a label",
        "relationship: lost",
        "relationship: value",
        "match: p",
        "match: lost",
        "ledger",
    }
)
Damage = tuple[str, str, Callable[[], object]]
"""Kind, what `verify` has to name, and what does it."""


def flip(path: Path, rng: random.Random, within: tuple[float, float] = (0, 1)) -> None:
    raw = bytearray(path.read_bytes())
    bit = rng.randrange(int(8 * len(raw) * within[0]), max(int(8 * len(raw) * within[1]), 1))
    raw[bit // 8] ^= 1 << bit % 8
    path.write_bytes(raw)


def cut(path: Path, rng: random.Random) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: rng.choice((0, 1, 64, len(raw) // 2, len(raw) - 1)) % len(raw)])


def other(path: Path) -> None:
    values = np.load(path).copy()
    np.save(
        path, values[::-1] if len(values) > 1 and (values != values[::-1]).any() else np.concatenate([values, values])
    )


def of_files(home: Path, rng: random.Random) -> list[Damage]:
    """One damage to each of several objects, or to the index, its copy or the home's own file."""
    objects = sorted((home / "signatures" / "objects").iterdir())
    made: list[Damage] = []
    for folder in rng.sample(objects, 5):
        path = rng.choice(sorted(folder.iterdir()))
        kind, work = rng.choice(
            [
                ("flip in values", lambda p=path: flip(p, rng)),
                ("flip in header", lambda p=path: flip(p, rng, (0, 128 / p.stat().st_size))),
                ("truncated", lambda p=path: cut(p, rng)),
                ("longer", lambda p=path: p.write_bytes(p.read_bytes() + b"\0")),
                ("other values", lambda p=path: other(p)),
                ("file lost", lambda p=path: p.unlink()),
                ("file too many", lambda f=folder: np.save(f / "more.npy", np.ones(3))),
                ("object lost", lambda f=folder: shutil.rmtree(f)),
                ("a folder for a file", lambda p=path: (p.unlink(), p.mkdir())),
            ]
        )
        made.append((f"{path.name}: {kind}", folder.name, work))
    place = rng.choice([home / "signatures" / "index.json", home / "signatures" / "index.json.copy", home / FILE])
    kind, work = rng.choice([("flip", lambda: flip(place, rng)), ("truncated", lambda: cut(place, rng))])
    made.append((f"{place.name}: {kind}", place.name, work))
    return made


def of_rows(store: Store, rng: random.Random) -> list[Damage]:
    """Two damages to rows of the graph."""
    genes = [row["id"] for row in store.read("MATCH (g:Gene) RETURN g.id AS id ORDER BY id")]
    gene, another = rng.sample(genes, 2)
    match = rng.choice([row["id"] for row in store.read("MATCH (k:Match) RETURN k.id AS id ORDER BY id")])
    ways: list[Damage] = [
        ("node: value", "Gene of genes", lambda: store.write("MATCH (g:Gene {id: $id}) SET g.symbol = 'XYZ'", id=gene)),
        ("node: lost", "Gene of genes", lambda: store.write("MATCH (g:Gene {id: $id}) DETACH DELETE g", id=gene)),
        (
            "node: id",
            "Gene of genes",
            lambda: store.write("MATCH (g:Gene {id: $id}) SET g.id = 'ENSEMBL:ENSG5'", id=gene),
        ),
        (
            "node: too many",
            "Gene of genes",
            lambda: store.write("CREATE (g:Gene {id: 'ENSEMBL:ENSG7', symbol: 'Z', source: 'genes', run: 'r'})"),
        ),
        (
            "node: source",
            "Gene of genes",
            lambda: store.write("MATCH (g:Gene {id: $id}) SET g.source = 'gen3s'", id=another),
        ),
        (
            "half of a label",
            "Orthogroup of",
            lambda: store.write(
                "MATCH (g:Orthogroup) WHERE g.id < $id OR g.id > $id WITH g LIMIT 130 DETACH DELETE g", id=gene
            ),
        ),
        (
            "relationship: lost",
            "CHANGES_GENE",
            lambda: store.write("MATCH (:Contrast)-[r:CHANGES_GENE]->() WITH r LIMIT 1 DELETE r"),
        ),
        (
            "relationship: value",
            "CHANGES_GENE",
            lambda: store.write(
                "MATCH (:Contrast)-[r:CHANGES_GENE]->() WITH r LIMIT 1 SET r.effect = r.effect + 0.001"
            ),
        ),
        (
            "match: p",
            "Match of derived",
            lambda: store.write("MATCH (k:Match {id: $id}) SET k.score = 0.138, k.p = 0.5", id=match),
        ),
        ("match: lost", "Match of derived", lambda: store.write("MATCH (k:Match {id: $id}) DETACH DELETE k", id=match)),
        ("ledger", "graph", lambda: store.write("MATCH (l:Ledger) SET l.rows = l.rows[1..]")),
    ]
    return rng.sample(ways, 2)


def answers(store: Store, home: Path, truth: dict[str, Any] | None) -> tuple[dict[str, Any], int, int]:
    """What is read and computed; of that how much differs from the truth, and how many errors name what is damaged."""
    found: dict[str, Any] = {}
    errors = 0

    def take(key: str, ask: Callable[[], Any]) -> None:
        nonlocal errors
        try:
            found[key] = ask()
        except KgError as error:
            if error.code not in ("STORE_CORRUPT", "STORE_UNREADABLE"):
                raise
            errors += 1

    def signatures() -> SignatureStore:
        return SignatureStore(home / "signatures")

    for key in truth or signatures().ids("signature"):
        if key != "match":
            take(
                key,
                lambda key=key: [
                    np.asarray(v).tobytes() for v in vars(signatures().get(key)).values() if isinstance(v, np.ndarray)
                ],
            )
    take(
        "match",
        lambda: rounded(
            [
                r.to_json()
                for r in match_answer(store, signatures(), model="mine", disease="MONDO:0004975", policy="best").matches
            ],
            9,
        ),
    )
    wrong = sum(found[key] != value for key, value in truth.items() if key in found) if truth else 0
    return found, wrong, errors


def damages(flips: int, seed: int) -> dict[str, Any]:
    rng, folder = random.Random(seed), Path(tempfile.mkdtemp())
    home = folder / "home"
    os.environ["ORTHOKG_HOME"] = str(home)
    kinds: Counter[str] = Counter()
    noticed = wrong = errors = repaired = tried = 0
    unseen: list[str] = []
    seconds: list[float] = []
    with open_store("embedded") as store:
        assert ingested(store, folder, ALL, home).exit_code == 0
        whole = hashes(store, home)
        truth, _, _ = answers(store, home, None)
        while tried < flips:
            checkpoint = Checkpoint(home / "checkpoints", folder / "a-study" / "m.yaml", "bench")
            checkpoint.save(sums=np.arange(100.0))
            rows = of_rows(store, rng)
            round_ = [*of_files(home, rng), *rows]
            for _, _, work in round_:
                work()
            # Rows are told by verify alone; a stored answer is read of them. Answers are held where only files are
            # damaged.
            told = [str(each) for each in verify(store, home)]
            for kind, name, _ in round_:
                # Behind an index that is damaged no object can be looked for, and behind a ledger no row: that it is
                # told is all.
                behind = "graph:" if kind in ROWS else "index.json:"
                seen = any(name in line or behind in line for line in told)
                noticed += seen
                unseen += [] if seen else [kind]
                kinds[kind] += 1
            flip(checkpoint.path, rng)
            kinds["checkpoint: flip"] += 1
            noticed += checkpoint.load() is None
            _, bad, named = answers(store, home, truth)
            wrong, errors = wrong + bad, errors + named
            started = time.perf_counter()
            report = ingested(store, folder, ALL, home)
            seconds.append(time.perf_counter() - started)
            again = (
                not list(verify(store, home))
                and hashes(store, home) == whole
                and answers(store, home, truth)[1:] == (0, 0)
            )
            assert report.exit_code == 0, report
            repaired += (len(round_) + 1) * again
            tried += len(round_) + 1
            print(tried, "made again" if again else "NOT made again", [kind for kind, _, _ in round_], flush=True)
    shutil.rmtree(folder)
    return {
        "tried": tried,
        "noticed": noticed,
        "not_noticed": sorted(set(unseen)),
        "wrong_answers": wrong,
        "errors_that_name_it": errors,
        "made_again_by_one_ingest": repaired,
        "seconds_of_that_ingest_median": round(sorted(seconds)[len(seconds) // 2], 2),
        "kinds": dict(sorted(kinds.items())),
    }


_ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT


def copies(n: int, seed: int) -> dict[str, Any]:
    """Damages to the files of a kept release and of a backup, each put right again afterwards. Noticed: `verify` names
    the file of a release, `restore --check` that of a backup. Refused: restoring it ends with an error."""
    rng, folder = random.Random(seed), Path(tempfile.mkdtemp())
    home, place = folder / "home", folder / "backup"
    os.environ["ORTHOKG_HOME"] = str(home)
    with open_store("embedded") as store:
        assert ingested(store, folder, ALL, home).exit_code == 0
        assert keep(store, home, make_release(store, SignatureStore(home / "signatures"), "a")[0])
        assert not CliRunner().invoke(main_command, ["backup", str(place)]).exit_code
    kinds: Counter[str] = Counter()
    noticed = refused = 0
    for at in range(n):
        release = at % 2 == 0
        root = home / "releases" if release else place
        files = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != ".lock" and p.stat().st_size)
        path = rng.choice([p for p in files if bool(p.suffix) == (at % 6 > 3)])
        whole = path.read_bytes()
        path.unlink()  # the file of a release may be that of a signature as well
        path.write_bytes(whole)
        kind, work = rng.choice(
            [
                ("flip", partial(flip, path, rng)),
                ("truncated", partial(cut, path, rng)),
                ("longer", partial(path.write_bytes, whole + b"\0")),
                ("lost", path.unlink),
            ]
        )
        work()
        what = ["--release", "a"] if release else [str(place)]
        checked = CliRunner().invoke(main_command, ["restore", *what, "--check"])
        told = [*damage(home)] if release else checked.exit_code
        ended = CliRunner().invoke(main_command, ["restore", *what, "--to", str(folder / f"back-{at}")])
        noticed += bool(told)
        refused += bool(ended.exit_code)
        kinds[f"{'release' if release else 'backup'}, {path.suffix or 'object'}: {kind}"] += 1
        print(at + 1, path.relative_to(root), kind, bool(told), bool(ended.exit_code), flush=True)
        path.write_bytes(whole)
    shutil.rmtree(folder)
    return {"tried": n, "noticed": noticed, "refused": refused, "kinds": dict(sorted(kinds.items()))}


def child(work: Callable[[], Any], kill_after: float | None = None) -> Any:
    """What the work gives in a process of its own; None when that was killed."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as out:
        pid = os.fork()
        if not pid:
            try:
                Path(out.name).write_text(json.dumps(work()))
                os._exit(0)
            except BaseException as error:
                Path(out.name).write_text(json.dumps({"error": repr(error)}))
                os._exit(1)
        until = None if kill_after is None else time.monotonic() + kill_after
        while until is not None and time.monotonic() < until and os.waitid(os.P_PID, pid, _ENDED) is None:
            time.sleep(0.01)
        if until is not None:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        text = Path(out.name).read_text()
    return json.loads(text) if text else None


def kills(n: int, store: str, seed: int) -> dict[str, Any]:
    """Killed ingests into an empty store, or one that holds some of it, each followed by one that ends."""
    rng, folder = random.Random(seed), Path(tempfile.mkdtemp())
    home = folder / "home"
    os.environ["ORTHOKG_HOME"] = str(home)

    def run(studies: tuple[str, ...], kill_at: int = 0, empty: bool = False) -> Any:
        with open_store(store) as opened:
            if empty:
                clean(opened)
            counted, began = Counted(opened, kill_at), time.perf_counter()
            ingested(opened, folder, studies, home)
            return [*hashes(opened, home), counted.n, time.perf_counter() - began]

    first = child(partial(run, ALL, empty=True))
    *whole, transactions, seconds = first
    found: Counter[str] = Counter()
    killed = 0
    while killed < n:
        shutil.rmtree(home / "signatures", ignore_errors=True)
        some, order, again = (tuple(rng.sample(ALL, n)) for n in (3, len(ALL), len(ALL)))
        beside, moment, after = rng.random() < 0.5, rng.randrange(1, transactions), rng.uniform(0.1, 1.0) * seconds
        if beside:
            child(partial(run, some, empty=True))
        if killed % 2:
            told = child(partial(run, order, moment, empty=not beside))
        else:
            told = child(partial(run, order, empty=not beside), kill_after=after)
        if told is not None:
            seconds = min(seconds, told[-1])
            continue  # it ended before it was killed
        killed += 1
        print(store, killed, flush=True)
        found["one hash" if child(partial(run, again))[:4] == whole else "another"] += 1
    shutil.rmtree(folder)
    return {"store": store, "kills": killed, "hash_after_each": dict(found), "transactions_of_an_ingest": transactions}


def cost(genes: int = 20_000, df: int = 20) -> dict[str, Any]:
    """Seconds of a processor for a GB, and for one signature of a common size: checked at first, and read again."""
    rng = np.random.default_rng(0)
    store = SignatureStore(Path(tempfile.mkdtemp()))
    names = np.array([f"ENSG{i:011d}" for i in range(genes)])
    x = rng.normal(size=genes)
    store.put(Signature("s", HUMAN, names, x, x, x, "donors", rng.normal(size=(df, genes)), df))
    size = sum(path.stat().st_size for path in store.root.rglob("*.npy"))
    times = []
    for _ in range(5):
        kg.signatures.arrays._checked.clear()
        started = time.process_time()
        store.get("s")
        times.append(time.process_time() - started)
    started = time.process_time()
    for _ in range(100):
        store.get("s")
    again = (time.process_time() - started) / 100
    shutil.rmtree(store.root)
    first = sorted(times)[2]
    return {
        "MB_of_a_signature": round(size / 1e6, 2),
        "ms_first_read": round(first * 1e3, 2),
        "ms_read_again": round(again * 1e3, 3),
        "seconds_a_GB": round(first / size * 1e9, 2),
    }


def main() -> None:
    flips, n = (int(word) for word in (*sys.argv[1:], *("200", "50")[len(sys.argv) - 1 :]))
    few_terms()
    made = {"data": "simulated, 260 genes of two species, five studies", "cost": cost(), "damage": damages(flips, 1)}
    made["copies"] = copies(max(flips // 4, 1), 4)
    print(json.dumps(made), flush=True)
    few = max(n // 8, 1)
    made["kills"] = [kills(few, "embedded", 2)]
    with tempfile.TemporaryDirectory() as folder, neo4j_local().running(Path(folder)) as settings:
        os.environ |= settings
        made["kills"].append(kills(n - few, "neo4j", 3))
    print(json.dumps(made, indent=1))
    save("damage", f"python -m tests.bench.bench_damage {flips} {n}", made, seed=1)


if __name__ == "__main__":
    main()
