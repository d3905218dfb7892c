"""The vector index of each store against cosines by hand."""

import numpy as np
import pytest

from kg.errors import UnknownTermError
from kg.read import similar
from kg.read.similar import FEW, SIZE, ensure_place_index, indexed, place, similar_populations
from kg.store.driver import Store
from kg.store.write import ensure_schema, write_nodes

pytestmark = pytest.mark.graph
OWNER = {"source": "small", "run": "r"}


def test_the_index_gives_the_nearest_of_the_same_embedding(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    spaces = {"lab/a": rng.normal(size=(25, 6)), "lab/b": rng.normal(size=(25, 9))}
    rows = [
        {"id": f"orthokg:population/{name[-1]}{at:02}", "embedding": name, "centroid": x.tolist(), "place": place(x)}
        for name, places in spaces.items()
        for at, x in enumerate(places)
    ]
    ensure_schema(store)
    write_nodes(store, "CellPopulation", rows, **OWNER)
    assert len(similar_populations(store, "orthokg:population/a00", 3).nearest) == 3, "without an index, by a scan"
    ensure_place_index(store)
    ensure_place_index(store)
    for name, places in spaces.items():
        for at in (0, 7):
            own = places[at]
            by_index = indexed(store, own, name, 6)
            assert by_index is not None, "the index is asked, not the scan"
            assert {row["embedding"] for row in by_index} == {name}
            cosine = {
                f"orthokg:population/{name[-1]}{i:02}": float(own @ x / np.sqrt((own @ own) * (x @ x)))
                for i, x in enumerate(places)
                if i != at
            }
            expected = sorted(cosine, key=lambda key: -cosine[key])[:5]
            for few in (FEW, 0):  # by a scan, by the index
                monkeypatch.setattr(similar, "FEW", few)
                found = similar_populations(store, f"orthokg:population/{name[-1]}{at:02}", 5)
                assert [near.id for near in found.nearest] == expected
                np.testing.assert_allclose([n.cosine for n in found.nearest], [cosine[k] for k in expected], atol=1e-5)
                assert found.known == 24
    with pytest.raises(UnknownTermError):
        similar_populations(store, "orthokg:population/none", 3)


def test_a_place_is_the_centroid_with_zeros_after_it() -> None:
    made = place(np.array([1.0, -2.0]))
    assert made is not None
    assert (len(made), made[:3]) == (SIZE, [1.0, -2.0, 0.0])
    assert place(np.zeros(4)) is None
    assert place(np.ones(SIZE + 1)) is None
