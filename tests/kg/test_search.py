import numpy as np
import pytest

from kg.match.joint import Side, joint_test
from kg.match.search import Block, search, search_many

FEATURES = 700


def side(seed: int, df: int, factor=None) -> Side:
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=(df, FEATURES)) / 3 if factor is None else factor
    return Side(rng.normal(size=FEATURES) + rng.normal(), factor, df)


@pytest.fixture(scope="module")
def world():
    references = [np.random.default_rng(99 + i).normal(size=(df, FEATURES)) / 4 for i, df in enumerate((16, 9))]
    tables = [[side(100 * i + k, len(r), r) for k in range(12)] for i, r in enumerate(references)]
    own = [side(500 + k, 5) for k in range(7)]
    blocks = [Block.of([f"r{i}-{k}" for k in range(12)], t, shared=True) for i, t in enumerate(tables)]
    blocks.append(Block.of([f"own-{k}" for k in range(7)], own, shared=False))
    return blocks, [*tables[0], *tables[1], *own]


@pytest.mark.parametrize("df", [3, 13, 30])
def test_each_hit_is_the_joint_test_of_its_pair(world, df):
    blocks, sides = world
    mouse = side(1, df)
    found = search(blocks, mouse)
    assert found.ids.tolist() == [*(f"r{i}-{k}" for i in (0, 1) for k in range(12)), *(f"own-{k}" for k in range(7))]
    tests = [joint_test(mouse.centred(), other.centred()) for other in sides]
    np.testing.assert_allclose(found.score, [t.score for t in tests], atol=1e-6)
    np.testing.assert_allclose(found.variance, [t.variance for t in tests], rtol=1e-5)
    np.testing.assert_allclose(found.p, [t.p for t in tests], rtol=1e-4, atol=1e-7)
    assert found.df.tolist() == [t.df for t in tests]


def test_many_at_once_are_each_alone(world):
    blocks, _ = world
    mice = [side(seed, df) for seed, df in ((1, 3), (2, 13), (3, 6))]
    for mouse, together in zip(mice, search_many(blocks, mice), strict=True):
        np.testing.assert_allclose(together.p, search(blocks, mouse).p, rtol=1e-4, atol=1e-7)


def test_memory_mapped_blocks_answer_the_same(world, tmp_path):
    blocks, _ = world
    first = blocks[0]
    for name in ("vectors", "factors"):
        np.save(tmp_path / f"{name}.npy", getattr(first, name))
    stored = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("vectors", "factors")}
    mapped = Block(first.ids, stored["vectors"], first.length, stored["factors"], first.df, True)
    np.testing.assert_array_equal(search([mapped], side(1, 4)).p, search([first], side(1, 4)).p)


def test_blocks_that_contradict_themselves_do_not_exist(world):
    good = world[0][2]
    for change in ({"ids": good.ids[:-1]}, {"df": 4}, {"factors": good.factors[:, :-1]}, {"length": good.length[:-1]}):
        fields = {name: getattr(good, name) for name in Block.__dataclass_fields__} | change
        with pytest.raises(ValueError, match=r"ids|rows|features"):
            Block(**fields)
    with pytest.raises(ValueError, match="equal degrees"):
        Block.of(["a", "b"], [side(0, 3), side(1, 4)], shared=False)
