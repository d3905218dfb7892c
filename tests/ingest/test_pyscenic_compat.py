"""What has to give way for pyscenic does so for pyscenic alone."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from ingest.method.pyscenic_compat import scenic

pytestmark = pytest.mark.models


def test_numpy_and_pkg_resources_are_as_before():
    code = (
        "import sys, numpy as np\n"
        "before = set(vars(np)), 'pkg_resources' in sys.modules\n"
        "from ingest.method.pyscenic_compat import scenic\n"
        "for name in ('pyscenic.aucell', 'pyscenic.prune', 'pyscenic.transform', 'arboreto.algo'):\n"
        "    assert scenic(name).__name__ == name\n"
        "assert not {'object', 'float'} & set(vars(np)), 'lent names stayed'\n"
        "assert ('pkg_resources' in sys.modules) == before[1]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_modules_of_the_best_factors_by_a_plain_loop():
    utils = scenic("pyscenic.utils")
    rng = np.random.default_rng(0)
    tfs, genes = [f"T{i}" for i in range(5)], [f"G{i}" for i in range(30)]
    table = pd.DataFrame([(t, g) for t in tfs for g in genes], columns=["TF", "target"])
    table["importance"] = rng.integers(0, 9, len(table)) / 4
    made = {m.transcription_factor: dict(m.gene2weight) for m in utils.modules4top_factors(table, 2, frozenset(["x"]))}
    expected: dict[str, dict[str, float]] = {}
    for gene in genes:
        rows = table[table["target"] == gene].to_numpy().tolist()
        for tf, _, importance in sorted(rows, key=lambda row: -row[2])[:2]:
            expected.setdefault(tf, {})[gene] = importance
    assert made == expected
