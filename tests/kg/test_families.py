"""The same pair asked under two diseases has two q, and each names the other."""

from dataclasses import replace
from pathlib import Path

from kg.sides.catalog import Catalog, StateInfo
from kg.sides.workspace import Workspace
from kg.verdict.diseases import OtherFamily, asked_under, other_families
from kg.verdict.family import family
from tests.kg.pools import AD, HD, STATES, World

ABOVE = "MONDO:0"


def test_each_family_names_the_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.infos = [replace(c, modelled=(ABOVE,)) for c in world.infos]
    world.cohort("ad")
    world.cohort("hd", disease=HD)
    plain = world.workspace()
    states = {
        key: StateInfo(s.id, s.label, s.disease, s.disease_label, "", s.material, s.within | {ABOVE})
        for key, s in plain.catalog.states.items()
    }
    catalog = Catalog(plain.catalog.contrasts, plain.catalog.references, states)
    ws, mouse = Workspace(catalog, world.signatures), catalog.contrasts["mouse"]
    records = [r for d in (AD, HD, ABOVE) for r in family(ws, mouse, disease=d, band=False)]
    found = other_families(records)
    (narrow,) = [r for r in records if r.disease == AD]
    (wide,) = [r for r in records if r.disease == ABOVE and r.state == STATES[AD].id]
    assert (narrow.family_size, wide.family_size) == (1, 2)
    assert found[narrow.id] == (OtherFamily(ABOVE, 2, wide.q),)
    assert found[wide.id] == (OtherFamily(AD, 1, narrow.q),)
    assert found[wide.id][0].text() == f"q {narrow.q:.2g} when asked under {AD} (family of 1)"
    assert asked_under(catalog, mouse, STATES[AD].id) == {AD: 1, ABOVE: 2}
    assert other_families([narrow]) == {narrow.id: ()}
