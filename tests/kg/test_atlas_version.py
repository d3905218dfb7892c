"""Manifests, authors and cards: one text for one content, and what breaks a rule is named."""

from dataclasses import replace

import numpy as np
import pytest

from kg.atlas.card import Card, CoverageLine, ReliabilityBin
from kg.atlas.objects import Entry
from kg.atlas.version import Author, Manifest, canonical, commit_of
from kg.errors import ContractError, KgError, StoreError
from tests.kg.atlas_parts import ORCID, card

ONE, OTHER = Entry("a" * 64, 1), Entry("b" * 64, 2)
PARTS = {"quality": ONE, "model/svm": OTHER, "study/kang": ONE}
TAXON = "NCBITaxon:9606"


def test_a_manifest_is_its_content() -> None:
    made = Manifest("pbmc", TAXON, PARTS)
    assert made.content_id == Manifest("pbmc", TAXON, dict(reversed(PARTS.items()))).content_id
    assert Manifest.unpack(made.pack()) == made
    assert made.named("model") == {"svm": OTHER}
    others = [
        Manifest("pbmc2", TAXON, PARTS),
        Manifest("pbmc", "NCBITaxon:10090", PARTS),
        Manifest("pbmc", TAXON, {**PARTS, "model/svm": ONE}),
        Manifest("pbmc", TAXON, {"quality": ONE}),
    ]
    assert len({made.content_id, *(each.content_id for each in others)}) == 5


def test_what_no_manifest_is() -> None:
    with pytest.raises(ContractError) as told:
        Manifest("../x", "human", {"quality/a": ONE, "study": ONE, "study/../x": ONE, "other": ONE})
    assert told.value.code == "MANIFEST"
    assert {each.path for each in told.value.issues} == {
        "quality/a", "study", "study/../x", "other", "atlas", "taxon", "quality",
    }  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"format": 1}', b'{"format":1,"atlas":"a","taxon":"NCBITaxon:1","objects":{"quality":{}}}',
     b'{"format":1,"atlas":"a","taxon":"NCBITaxon:1","objects":{"quality":{"sha256":"../x","bytes":1}}}'],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(ContractError) as told:
        Manifest.unpack(data)
    assert told.value.code == "MANIFEST"


@pytest.mark.parametrize("kind", [Manifest, Card])
def test_one_of_a_newer_form(kind: type[Manifest | Card]) -> None:
    with pytest.raises(StoreError) as told:
        kind.unpack(canonical({"format": 2}))
    assert told.value.code == "STORE_NEWER"


@pytest.mark.parametrize("orcid", [ORCID, f"https://orcid.org/{ORCID}", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_an_author(orcid: str) -> None:
    assert Author(" Ada ", orcid) == Author("Ada", orcid[-19:])


@pytest.mark.parametrize("orcid", ["0000-0002-1825-0098", "0000-0002-1694-2330", "0000000218250097", "Ada"])
def test_what_no_orcid_is(orcid: str) -> None:
    with pytest.raises(ContractError) as told:
        Author("Ada", orcid)
    assert [each.path for each in told.value.issues] == ["orcid"]


def test_a_commit_is_of_all_that_it_says() -> None:
    says = ("c" * 64, "orthokg:atlas-version/x", "Ada", ORCID, "new", "2026-11-29T00:00:00.000+00:00")
    others = [
        commit_of(*says[:at], other, *says[at + 1 :])
        for at, other in enumerate(("d" * 64, "", "Bob", "", "newer", "2026-11-30T00:00:00.000+00:00"))
    ]
    more = [{"branch": "trial"}, {"merged": "orthokg:atlas-version/y"}, {"submission": 7}, {"caveats": ("a doubt",)}]
    others += [commit_of(*says, **each) for each in more]
    assert len({commit_of(*says), *others}) == 11
    assert commit_of(*says, branch="main", merged="", submission=0, caveats=()) == commit_of(*says)


def test_a_card_is_read_as_it_was_written() -> None:
    made = card()
    assert Card.unpack(made.pack()) == made
    assert made.licences == ("CC BY 4.0",)
    one = card(alpha=0.1, coverage=(CoverageLine("all", "all", float(np.float32(0.9)), 10),))
    other = card(alpha=np.float64(0.1), coverage=(CoverageLine("all", "all", np.float32(0.9), np.int64(10)),))  # type: ignore[arg-type]
    assert one.pack() == other.pack(), "one text for one content, whatever library the number is of"
    assert b'"coverage":0.9,' in one.pack()
    assert (
        card(reliability=(ReliabilityBin(0, 1, 1, 1, 3),)).pack()
        == card(reliability=(ReliabilityBin(0.0, 1.0, 1.0, 1.0, 3),)).pack()
    )


def test_what_no_card_is() -> None:
    body = card()
    wrong = replace(
        body,
        alpha=float("nan"),
        cells=-1,
        cite=None,  # type: ignore[arg-type]
        coverage=(CoverageLine("all", "all", 1.5, 1),),
        types=(replace(body.types[0], donors=True),),
    )
    with pytest.raises(ContractError) as told:
        wrong.pack()
    assert told.value.code == "CARD"
    assert {each.path for each in told.value.issues} == {
        "card.alpha", "card.cells", "card.cite", "card.coverage[0].coverage", "card.types[0].donors",
    }  # fmt: skip
    with pytest.raises(ContractError, match=r"contributors\[0\]\.orcid"):
        replace(body, contributors=(replace(body.contributors[0], orcid="0000-0002-1825-0098"),)).pack()


@pytest.mark.parametrize("data", [b"x", b'{"format": 1}', b'{"format": 1, "more": 1}', b'{"format": 1, "engine": []}'])
def test_a_card_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(KgError) as told:
        Card.unpack(data)
    assert told.value.code == "CARD"
