"""Words that strike the ear of a native reader stand in nothing that people read: docstrings, messages, help, pages,
labels."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = re.compile(r"<!-- results: .*?<!-- end -->", re.DOTALL)
AVOID = {
    r"\bat hand\b": "available, present, this",
    r"\bdear\b": "slow, scarce",
    r"\bunheard\b": "though nobody waits for it",
    r"\bturned round\b": "reversed, inverted, converted",
    r"\bwhat leaves\b": "what is exported",
    r"\bleaves the house\b": "is exported",
    r"\ba cell type or a tissue is said\b": "names a cell type or a tissue",
    r"\butili[sz]e\b": "use",
    r"\bin order to\b": "to",
    r"\bleverag(?:e|ing)\b": "use",
    r"\bseamless(?:ly)?\b": "say what happens",
    r"\bkindly\b": "leave it out",
    r"(?<!`)\banew\b(?!`)": "again, or rewrite",
    r"\b(?:can|cannot|could) be had\b|\bhad back\b": "is available, can be restored",
    r"\bheld against\b": "compared with, checked against",
    r"\b(?:broke|broken|breaks) off\b": "was interrupted",
    r"\bsurest\b": "most certain",
    r"\bmade again of\b": "rebuilt from",
    r"\bfor want of\b": "without",
    r"\bqueries of one's own\b": "free queries",
    r"\b(?:a|one) (?:row|column|line|file|name|number|value|vector|entry|count|query) an? "
    r"(?:gene|sample|cell|donor|species|level|pair|match|label|row|format|concept)\b": "one row per gene",
    r"(?<!there )\bis no (?:folder|file|table|number|store|address|index|list|mapping|replicate)\b": "is not a folder",
    r"\bsays? which is what\b": "says which column is which",
    r"\bbehind the point\b": "decimal places",
    r"\bknown by a token\b": "authenticated by a token",
    r"\bheld out whole\b|\bdonors held out\b": "held-out donors",
    r"\bpromises? no(?:thing)?\b|\bnothing is promised\b": "is not guaranteed",
    r"\b(?:tells?|telling) nothing\b|\bnothing is told\b": "is not informative",
    r"\bsays? of itself\b": "metadata",
    r"\b(?:weigh(?:s|ing)?|deviate|answer) alike\b": "have equal weight, deviate in the same way",
    r"\blaid over each other\b": "integrated",
    r"\b(?:is|are|was|were) taken off\b": "is removed",
    r"\bthat is none\b": "invalid",
    r"\bof one's own\b": "of your own",
    r"\bwithout a word\b": "silently",
    r"\bread against\b": "mapped to, compared with",
    r"\bwhat takes long\b": "long-running",
    r"\bsomebody wants\b": "is proposed",
    r"\bone species a file\b|\brow a (?:drug|result|feature|species)\b": "one per",
    r"\bwhat nothing names\b": "unreferenced",
    r"\b(?:of )?(?:like size|unlike composition)\b": "of similar size, of different composition",
    r"\b(?:make|build|makes|builds) (?:the|a) (?:version|reference) again\b": "rebuild",
    r"\bstatistician who does not believe us\b": "sceptical statistician",
}


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text: every string of a module, or every line of a page; results stand as they were."""
    whole = RESULTS.sub(lambda block: "\n" * block[0].count("\n"), path.read_text(encoding="utf-8"))
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(whole)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, node.value
    else:
        yield from enumerate(whole.splitlines(), 1)


def pages() -> list[Path]:
    found = [
        path
        for room in ("kg", "ingest", "api", "docker", "ontologies")
        for path in (ROOT / room).rglob("*")
        if path.suffix in {".py", ".md", ".js", ".html", ".graphql"} and "site" not in path.parts
    ]
    return [*found, *ROOT.glob("*.md")]


def struck(text: str) -> list[str]:
    return [avoid for avoid in AVOID if re.search(avoid, text, re.IGNORECASE)]


def test_no_page_and_no_string_has_them() -> None:
    read = pages()
    assert len(read) > 300
    found = [
        f"{path.relative_to(ROOT)}:{line}: {avoid}; write: {AVOID[avoid]}"
        for path in read
        for line, text in texts(path)
        for avoid in struck(text)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "No cohort is at hand.",
        "In order to match",
        "What leaves: rows",
        "It is written anew.",
        "A table has a row a gene.",
        "The path is no folder.",
        "The download broke off.",
        "Its labels tell nothing.",
        "A study is read against an atlas.",
        "The batch is taken off.",
    ],
)
def test_they_are_seen(text: str) -> None:
    assert len(struck(text)) == 1
