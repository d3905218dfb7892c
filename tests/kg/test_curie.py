"""Ids: other parts, another id; what can be read back stays a plain slug."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.curie import former, is_curie, listed, local, marked, short
from kg.errors import ContractError

PLAIN = [
    ("donor", ("made", "d1"), "made-d1"),
    ("dataset", ("gse138852-astrocytes",), "gse138852-astrocytes"),
    ("reference", ("gse153873",), "gse153873"),
    ("reference", ("made", "microglial cell"), "made-microglial-cell"),
    ("population", ("made", "microglial cell"), "made-microglial-cell"),
    ("population", ("lab", "space", "ncbitaxon 10090", "microglial cell"), "lab-space-ncbitaxon-10090-microglial-cell"),
    ("embedding", ("lab", "space-2"), "lab-space-2"),
    ("state", ("alzheimer disease", "bulk cerebral cortex"), "alzheimer-disease-bulk-cerebral-cortex"),
    (
        "state",
        ("alzheimer disease", "incipient", "bulk hippocampal formation"),
        "alzheimer-disease-incipient-bulk-hippocampal-formation",
    ),
    ("state", ("autism spectrum disorder", "bulk cerebral cortex"), "autism-spectrum-disorder-bulk-cerebral-cortex"),
    ("state", ("inflammatory bowel disease", "intestine"), "inflammatory-bowel-disease-intestine"),
    ("regulon", ("lab", "scenic", "sox2", "activates"), "lab-scenic-sox2-activates"),
    ("drug", ("bx 912",), "bx-912"),
    ("release", ("2026.11-a",), "2026.11-a"),
]
TOLD_APART = [
    ("TREM2+", "TREM2-", "TREM2", "trem2", "TREM2\u2212", "Trem2"),
    ("α cell", "β cell", "cell", "Α cell"),
    ("小胶质细胞", "星形胶质细胞"),
    ("P-1", "P+1", "P 1", "P_1", "P1", "p1", "P.1", "P/1"),
    ("a b", "a-b", "a  b", "a_b"),
    ("+", "-", "."),
    ("Bm2 B cell", "Bm2' B cell"),
]


@pytest.mark.parametrize(("kind", "parts", "slug"), PLAIN)
def test_what_can_be_read_back_is_a_plain_slug(kind: str, parts: tuple[str, ...], slug: str):
    assert local(kind, *parts) == f"orthokg:{kind}/{slug}" == listed(kind, *parts)


@pytest.mark.parametrize("labels", TOLD_APART)
def test_labels_that_differ_in_any_sign_have_ids_of_their_own(labels: tuple[str, ...]):
    for kind in ("donor", "population", "regulon", "reference"):
        assert len({local(kind, "lab", label) for label in labels}) == len(labels)
    assert len({short(label) for label in labels}) == len(labels)


@pytest.mark.parametrize(
    ("kind", "several"),
    [
        ("donor", [("ad", "2-1"), ("ad-2", "1"), ("ad", "2 1"), ("ad-2-1",)]),
        ("population", [("lab", "space ncbitaxon 9606 x"), ("lab", "space", "ncbitaxon 9606", "x")]),
        ("reference", [("made-neuron",), ("made", "neuron")]),
        (
            "state",
            [
                ("schizophrenia", "late", "bulk cortex"),
                ("schizophrenia late", "bulk cortex"),
                ("schizophrenia", "late bulk cortex"),
            ],
        ),
        ("state", [("alzheimer disease", "bulk", "bulk cortex"), ("alzheimer disease", "bulk bulk cortex")]),
        (
            "regulon",
            [("lab", "net", "sox2", "activates"), ("lab", "net sox2", "activates"), ("lab", "net", "sox2 activates")],
        ),
        ("condition", [("x", "10 nM", "-", "brain"), ("x", "-", "10 nM", "brain")]),
    ],
)
def test_where_a_part_ends_tells_ids_apart(kind: str, several: list[tuple[str, ...]]):
    assert len({listed(kind, *parts) for parts in several}) == 1
    assert len({local(kind, *parts) for parts in several}) == len(several)


def test_the_forms_of_unicode_and_spaces_at_the_ends_do_not_count():
    for text in ("é cell", "Å", "ñ-2"):
        forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
        assert len(forms) == 2
        assert len({local("donor", "lab", f" {form}\t") for form in forms}) == 1


@pytest.mark.parametrize("name", ["", "  ", "\n\t", "\u00a0"])
def test_a_name_without_any_sign_has_no_id(name: str):
    for made in (lambda: local("donor", "lab", name), lambda: short(name)):
        with pytest.raises(ContractError) as error:
            made()
        assert error.value.code == "EMPTY_NAME"


def test_a_name_after_a_contrast_holds_no_dot_and_is_never_one_that_is_taken():
    assert short("microglial cell") == "microglial-cell"
    assert all(marked(short(label)) for label in ("b.c", "composition", "Composition", "a-b"))


_parts = st.lists(
    st.text(min_size=1, max_size=8).filter(lambda t: t.strip() and max(t) < "\ud800"), min_size=1, max_size=4
)
_near = st.lists(st.text("aA1.-_+ ~/ α", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=4)
_kinds = st.sampled_from(["donor", "population", "state", "regulon", "reference", "dataset", "drug", "other"])


def _same(one: list[str], other: list[str]) -> bool:
    return [unicodedata.normalize("NFC", t).strip() for t in one] == [
        unicodedata.normalize("NFC", t).strip() for t in other
    ]


@pytest.mark.long
@settings(max_examples=150)
@given(_kinds, st.one_of(_parts, _near), st.one_of(_parts, _near))
def test_two_ids_are_one_where_their_parts_are_and_nowhere_else(kind: str, one: list[str], other: list[str]):
    ids = local(kind, *one), local(kind, *other)
    assert (ids[0] == ids[1]) == _same(one, other)
    for made, parts in zip(ids, (one, other), strict=True):
        assert is_curie(made)
        assert former(made) == listed(kind, *(unicodedata.normalize("NFC", t) for t in parts))
        assert re.fullmatch(r"orthokg:[a-z]+/[a-z0-9.-]*(~[0-9a-f]{12})?", made)
