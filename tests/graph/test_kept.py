"""What a test finds in the store is the same whether it was written for it or laid down again."""

from pathlib import Path

import pytest

from kg.store.driver import Store
from tests.api.conftest import small_graph, write_small
from tests.api.wide import widen
from tests.conftest import clean
from tests.graph.dump import dump

pytestmark = pytest.mark.graph


def test_what_is_laid_down_again_is_what_was_written(store: Store, tmp_path: Path) -> None:
    small_graph(store, tmp_path, wide=True)
    made = small_graph(clean(store), tmp_path, wide=True)
    laid = dump(store)
    write_small(clean(store), made.records)
    widen(store)
    assert dump(store) == laid
