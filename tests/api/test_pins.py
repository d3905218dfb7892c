"""The parts of strawberry and graphql-core that are private, or overridden: a release that moves them is told by a name
here."""

import importlib.metadata
import inspect
import re
import tomllib
from pathlib import Path

import pytest
import strawberry
from graphql import GraphQLResolveInfo, GraphQLSchema
from packaging.requirements import Requirement
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from api.access.limits import Limits
from api.graphql.quick import PlainFields
from api.schema import build

ROOT = Path(__file__).parents[2]
PRIVATE = {"_raw_info": "api/graphql/selection.py", "_schema": "api/graphql/cost.py"}


@pytest.mark.parametrize("name", ["strawberry-graphql", "graphql-core"])
def test_what_is_installed_is_what_was_tested(name: str) -> None:
    told = [
        Requirement(line) for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    (pin,) = (each for each in told if each.name == name)
    installed = importlib.metadata.version(name)
    assert pin.specifier.contains(installed)
    major, minor, *_ = installed.split(".")
    assert not pin.specifier.contains(f"{major}.{int(minor) + 1}.0")
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert re.search(rf"^{name}=={re.escape(installed)}\b", lock.read_text(), re.MULTILINE), lock.name


def test_private_names_are_used_in_no_other_place() -> None:
    found = {
        (name, str(path.relative_to(ROOT)))
        for path in (ROOT / "api").rglob("*.py")
        for name in re.findall(r"(?<!self)(?<!cls)\.(_[a-z]\w*)", path.read_text())
        if name in PRIVATE or hasattr(strawberry.Schema, name) or hasattr(strawberry.Info, name)
    }
    assert found == set(PRIVATE.items())


@pytest.mark.parametrize("method", ["execute_fields", "complete_iterable_value"])
def test_what_is_overridden_is_called_as_it_was(method: str) -> None:
    theirs = inspect.signature(getattr(StrawberryGraphQLCoreExecutionContext, method))
    assert list(inspect.signature(getattr(PlainFields, method)).parameters) == list(theirs.parameters)


def test_the_private_parts_hold_what_is_read_from_them() -> None:
    made = build(Limits())
    assert isinstance(made._schema, GraphQLSchema)  # type: ignore[attr-defined]
    assert strawberry.Info.__annotations__["_raw_info"] in (GraphQLResolveInfo, "GraphQLResolveInfo")
    kinds = [kind for kind in made._schema.type_map.values() if isinstance(kind, CustomGraphQLEnumType)]  # type: ignore[attr-defined]
    assert kinds
    assert all(kind.wrapped_cls is not None for kind in kinds)
