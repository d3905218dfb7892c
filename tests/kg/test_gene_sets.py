"""Gene sets that come with a question: read from GMT, named as genes of a species, and compared by the joint null."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from kg.curie import HUMAN, MOUSE
from kg.errors import ContractError
from kg.match.contrast import contrast
from kg.match.joint import Side, joint_test
from kg.match.weights import GeneSets
from kg.schema.match import MatchRecord
from kg.sides.brought import bring_sets
from kg.tables import gene_sets
from kg.tables.gene_sets import GeneSetFile, read_gmt
from kg.verdict.family import family
from tests.kg.little import AD, GENES, HUMAN_GENES, MOUSE_GENES, TRUTH, Little

SETS, MEMBERS = 12, 20
MEMBERS_OF = np.random.default_rng(3).permuted(np.tile(np.arange(GENES), (SETS, 1)), axis=1)[:, :MEMBERS]


def gmt(folder: Path, *lines: str, name: str = "mine.gmt") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def code(path: Path) -> str:
    with pytest.raises(ContractError) as refused:
        read_gmt(path)
    return refused.value.code


def of_lab(names: list[str] | np.ndarray) -> list[str]:
    """A line for each of the made-up sets, with members named by ``names``."""
    return [f"SET_{i}\tabout\t" + "\t".join(names[g] for g in members) for i, members in enumerate(MEMBERS_OF)]


def a_lab(folder: Path) -> Little:
    lab = Little(folder)
    lab.add("model", MOUSE, TRUTH)
    lab.add("cohort", HUMAN, TRUTH, state="ad")
    return lab


def match(lab: Little, file: GeneSetFile) -> MatchRecord:
    ws = lab.workspace()
    ws = ws.with_sets(bring_sets(ws, file))
    (found,) = family(ws, lab.contrasts["orthokg:contrast/little/model"], disease=AD, level="sets")
    return found


def test_a_file_is_read_as_it_is_written_by_several_houses(tmp_path: Path) -> None:
    made = gmt(
        tmp_path,
        "# of MSigDB",
        "HALLMARK_A\thttps://example.org\tAPP\tMAPT\tAPP",
        "",
        "Enrichr\t\tGFAP,1.0\tAQP4,0.5\t",
    )
    found = read_gmt(made)
    assert [(s.name, s.about, s.genes, s.line) for s in found.sets] == [
        ("HALLMARK_A", "https://example.org", ("APP", "MAPT"), 2),
        ("Enrichr", "", ("GFAP", "AQP4"), 4),
    ]
    packed = tmp_path / "mine.gmt.gz"
    packed.write_bytes(gzip.compress(made.read_bytes().replace(b"\n", b"\r\n")))
    assert read_gmt(packed).sets == found.sets
    assert read_gmt(packed).digest == found.digest


def test_a_file_that_is_no_gmt_has_one_named_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code(gmt(tmp_path, "")) == "EMPTY_FILE"
    assert code(gmt(tmp_path, "# nothing but a comment")) == "EMPTY_FILE"
    assert code(gmt(tmp_path, "A about APP MAPT", "B,about,APP")) == "NOT_GMT"
    assert code(gmt(tmp_path, "A\t\tAPP\tMAPT", "B\t\tAPP", "A\t\tGFAP")) == "DUPLICATE_SETS"
    (tmp_path / "binary.gmt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert code(tmp_path / "binary.gmt") == "NOT_TEXT"
    (tmp_path / "zeros.gmt").write_bytes(b"A\t\tAPP\0\0\tMAPT")
    assert code(tmp_path / "zeros.gmt") == "ENCODING"
    assert code(tmp_path / "absent.gmt") == "MISSING_FILE"
    monkeypatch.setattr(gene_sets, "MOST_SETS", 2)
    assert code(gmt(tmp_path, "A\t\tAPP", "B\t\tAPP", "C\t\tAPP")) == "TOO_LARGE"
    monkeypatch.setattr(gene_sets, "MOST_BYTES", 10)
    assert code(gmt(tmp_path, "A\t\tAPP\tMAPT")) == "TOO_LARGE"


def test_sets_that_cannot_be_compared_are_left_out_with_their_reason(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    lines = [*of_lab([f"S{i}" for i in range(GENES)]), "ONE\t\tS1", "NONE\t\t", "FEW\t\tS1\tS2\tS3\tNOT_A_GENE"]
    ws = lab.workspace()
    found = bring_sets(ws, read_gmt(gmt(tmp_path, *lines)))
    assert (found.count, found.taxon) == (SETS, HUMAN)
    assert [(gap.kind, gap.what, gap.why) for gap in found.gaps] == [
        ("withheld", "ONE (line 13 of mine.gmt)", "a set of one gene is that gene: ask at the gene level"),
        ("withheld", "NONE (line 14 of mine.gmt)", "it has no gene"),
        ("withheld", "FEW (line 15 of mine.gmt)", "3 of its 4 genes are known; at least 5 are needed"),
        ("withheld", "genes of mine.gmt", f"1 of {len(set(MEMBERS_OF.ravel()) | {1, 2, 3}) + 1} names are no human gene"
         " that is known here: NOT_A_GENE"),
    ]  # fmt: skip
    for lines, expected in ((["ONE\t\tS1", "FEW\t\tS1\tS2"], "NO_SETS"), (["X\t\tFOO\tBAR"], "UNKNOWN_GENES")):
        with pytest.raises(ContractError) as refused:
            bring_sets(ws, read_gmt(gmt(tmp_path, *lines)))
        assert refused.value.code == expected
        assert refused.value.issues[0].path == "mine.gmt"


def test_sets_are_compared_by_the_joint_null_of_their_activities(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    found = match(lab, read_gmt(gmt(tmp_path, *of_lab([f"S{i}" for i in range(GENES)]))))
    sides = []
    for key, genes in (("model", MOUSE_GENES), ("cohort", HUMAN_GENES)):
        signature = lab.signatures.get(f"orthokg:contrast/little/{key}")
        assert (signature.genes == genes).all()
        member = np.zeros((GENES, SETS))
        member[MEMBERS_OF.T, np.arange(SETS)] = 1
        member = (member - member.mean(axis=0)) / np.linalg.norm(member - member.mean(axis=0), axis=0)
        sides.append((signature.vector @ member, np.asarray(signature.factor) @ member, signature.df))
    (m, mouse, df), (h, human, other) = sides
    terms = ((mouse @ h) ** 2).sum(), ((human @ m) ** 2).sum()
    variance = max(*terms, sum(terms) - ((mouse @ human.T) ** 2).sum())
    assert found.n_features == SETS
    assert found.score == pytest.approx(m @ h / np.linalg.norm(m) / np.linalg.norm(h))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(m @ h) / np.sqrt(variance), min(df, other)))
    assert found.status == "SUPPORTED"
    assert "#sets-" in found.id
    flags = [flag for flag in found.flags if flag.startswith("gene-sets: ")]
    n = len(set(MEMBERS_OF.ravel()))
    assert flags == [f"gene-sets: 12 gene sets of mine.gmt ({n} human genes), carried to mouse by one2one orthologs"]


def test_the_genes_that_carry_a_set_are_named(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    found = match(lab, read_gmt(gmt(tmp_path, *of_lab([f"S{i}" for i in range(GENES)]))))
    assert found.changes
    vectors = [lab.signatures.get(f"orthokg:contrast/little/{key}").vector for key in ("model", "cohort")]
    for change in found.changes:
        members, sign = MEMBERS_OF[int(change.label.removeprefix("SET_"))], 1 if change.direction == "up" else -1
        parts = [{g: sign * (vector[g] - vector.mean()) for g in members} for vector in vectors]
        least = {f"S{g}": min(part[g] for part in parts) for g in members}
        expected = sorted((name for name, value in least.items() if value > 0), key=lambda name: -least[name])[:5]
        assert list(change.leading) == expected
        assert 0 < len(change.leading) <= 5


def test_sets_in_mouse_symbols_are_the_same_sets(tmp_path: Path) -> None:
    """The species is the one that knows the names; over one-to-one orthologs it makes no difference."""
    lab = a_lab(tmp_path)
    mouse = [f"Mus{i}" for i in range(GENES)]
    lab.signatures.put_table(f"genes/{MOUSE}", id=MOUSE_GENES, symbol=np.array(mouse))
    of_human = match(lab, read_gmt(gmt(tmp_path, *of_lab([f"S{i}" for i in range(GENES)]))))
    of_mouse = match(lab, read_gmt(gmt(tmp_path, *of_lab(mouse))))
    ids = match(lab, read_gmt(gmt(tmp_path, *of_lab(MOUSE_GENES))))
    assert of_mouse.p == ids.p == of_human.p
    assert of_mouse.score == of_human.score
    assert {flag for flag in of_mouse.flags if "mouse genes), carried to human by one2one orthologs" in flag}
    assert of_mouse.id != of_human.id


def test_a_workspace_without_sets_says_that_it_has_none(tmp_path: Path) -> None:
    lab = a_lab(tmp_path)
    ws = lab.workspace()
    (found,) = family(ws, lab.contrasts["orthokg:contrast/little/model"], disease=AD, level="sets")
    assert (found.status, found.p) == ("UNTESTABLE", None)
    assert "name one" in found.reason
    held = ws.with_sets(bring_sets(ws, read_gmt(gmt(tmp_path, *of_lab([f"S{i}" for i in range(GENES)])))))
    assert held.at("sets").brought is not None
    assert ws.brought is None


@pytest.mark.long
@pytest.mark.parametrize("count", [1, 3, 8, 30])
@pytest.mark.parametrize("truth", ["both null", "mouse real", "unrelated"])
def test_few_and_overlapping_sets_hold_the_level(count: int, truth: str) -> None:
    """Sets that share half of their genes, over genes that move together: at most .05 where nothing matches."""
    genes, draws, rng = 600, 300, np.random.default_rng(count)
    common = rng.normal(size=(4, genes)) * 0.7
    members = np.array([np.arange(i * 10, i * 10 + 40) % genes for i in range(count)])
    names = np.repeat([f"S{i:02}" for i in range(count)], 40)
    sets = GeneSets.build(names, members.ravel().astype("U5"), np.ones(names.size), np.arange(genes).astype("U5"))
    weights = sets.on(np.arange(genes))
    mouse = rng.normal(size=genes) * (truth != "both null")
    human = np.zeros(genes)
    if truth == "unrelated":
        lifted = np.linalg.pinv(dense(weights, genes).T)
        wanted = rng.normal(size=count) if count > 1 else np.zeros(1)
        m = mouse @ dense(weights, genes)
        human = lifted @ (wanted - m * (m @ wanted) / (m @ m))
    calls = []
    for _ in range(draws):
        m, h = (drawn(rng, common, *arms, effect) for *arms, effect in ((7, 8, mouse), (12, 10, human)))
        calls.append(joint_test(weights.activity(m), weights.activity(h)).p <= 0.05)
    assert np.mean(calls) <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / draws)


def dense(weights, genes: int) -> np.ndarray:
    made = weights.signs.toarray().astype(float)
    return (made - made.mean(axis=0)) / weights.length


def drawn(rng, common: np.ndarray, case: int, control: int, effect: np.ndarray) -> Side:
    arms = np.repeat([1.0, 0.0], [case, control])
    values = rng.normal(size=(case + control, 4)) @ common + rng.normal(size=(case + control, common.shape[1]))
    fit = contrast(values + np.outer(arms, effect), arms)
    return Side(fit.vector, fit.factor, fit.df)
