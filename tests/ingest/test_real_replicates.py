"""A real study with several runs an animal: its runs are found, and no animal is taken for another."""

import pandas as pd

from ingest.fetch.cache import Cache
from kg.match.replicates import alike

COUNTS, SHEET = "bulk_mouse/J20_counts.csv.gz", "bulk_mouse/J20_samples.csv"


def test_ten_animals_of_j20_were_run_twice(cache: Cache) -> None:
    frame, sheet = pd.read_csv(cache.get(COUNTS), index_col=0), pd.read_csv(cache.get(SHEET))
    of = sheet.set_index("sample_id")["sample_ID"].reindex(frame.columns)
    found = alike(frame.to_numpy(float), "counts")
    runs = [str(name) for name in frame.columns]
    twice = {(a, b) for i, a in enumerate(runs) for b in runs[i + 1 :] if of[a] == of[b]}
    assert len(twice) == 10
    assert {(runs[p.one], runs[p.two]) for p in found.libraries} == twice
    assert found.copies == found.untold == ()
    summed = alike(frame.T.groupby(of.to_numpy()).sum().T.to_numpy(float), "counts")
    assert summed.n == 32
    assert summed.copies == summed.libraries == summed.untold == ()
