import pytest

from kg.schema import document as schema_page
from kg.schema import glossary
from kg.schema.edges import EDGES
from kg.schema.nodes import NODES


def test_the_page_is_up_to_date() -> None:
    readme = schema_page.README.read_text()
    assert schema_page.written(readme) == readme, "run: python -m kg.schema.document --write"


def test_everything_is_on_it() -> None:
    page = schema_page.page()
    for spec in NODES:
        assert f"**{spec.label}**" in page
    for spec in EDGES:
        assert f"**{spec.type}**" in page
    for spec in (*NODES, *EDGES):
        for p in spec.properties:
            assert f"| `{p.name}`" in page


def test_a_changed_page_is_noticed() -> None:
    readme = schema_page.README.read_text()
    assert schema_page.written(readme.replace("**Gene**", "**Genes**")) == readme
    with pytest.raises(ValueError, match="lacks"):
        schema_page.written("# no markers")


def test_the_glossary_in_the_readme_is_that_of_the_code():
    text = glossary.README.read_text(encoding="utf-8")
    assert glossary.filled(text) == text, "run: python -m kg.schema.glossary --write"
    names = [quantity.name for quantity in glossary.QUANTITIES]
    assert len(set(names)) == len(names)
