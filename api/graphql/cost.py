"""What a query asks for, before it runs: its shape with fragments written out, and its cost.

The cost of a query is the number of fields that it may answer: a field under a page counts once for each row of the
page, pages in pages multiply. A page is the argument ``first``, or ``last`` where that is given, by value, variable or
default.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TokenKind,
    TypeMetaFieldDef,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from strawberry.extensions import SchemaExtension

from api.access.limits import LIMIT_EXCEEDED, PAGE, Limits
from api.access.text import unfit

_META = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
_SCHEMA_ROWS = 8  # what a list of the schema's own description counts as
_SCHEMA_LISTS = 3  # types, fields, arguments: as deep as tools ask
_KEPT, _KEPT_CHARACTERS = 64, 16_000


@dataclass(frozen=True)
class Size:
    """Of one operation; ``cost`` and ``page`` depend on the variables. ``lists``: lists of the schema's own
    description, one in another."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    page: int = 0
    lists: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            max(self.page, other.page),
            max(self.lists, other.lists),
            self.cost + other.cost,
        )

    def under(self, times: int, page: int, node: FieldNode, is_schema_list: bool = False) -> "Size":
        """That of a field with these selections, which stand ``times`` in the answer."""
        return Size(
            self.depth + 1,
            self.fields + 1,
            self.aliases + (node.alias is not None),
            self.directives + len(node.directives or ()),
            max(self.page, page),
            self.lists + is_schema_list,
            1 + times * self.cost,
        )


@dataclass
class Measure:
    """Measures operations of one document. Each fragment is measured once for each number of rows it stands under, so a
    document of fragments that double one another costs no more to refuse than to read."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    _known: dict[tuple[str, int], Size] = field(default_factory=dict)

    def operation(self, node: OperationDefinitionNode) -> Size:
        own = Size(directives=len(node.directives or ()))
        return own.beside(self._selections(node.selection_set, self.schema.get_root_type(node.operation), 1))

    def _selections(self, selected: SelectionSetNode | None, parent: GraphQLNamedType | None, rows: int) -> Size:
        """``rows``: how many rows each list directly under ``parent`` has, when that is a page of a connection."""
        size = Size()
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                size = size.beside(self._field(node, parent, rows))
            elif isinstance(node, InlineFragmentNode):
                within = self._type(node.type_condition.name.value) if node.type_condition else parent
                size = size.beside(self._selections(node.selection_set, within, rows))
                size = size.beside(Size(directives=len(node.directives or ())))
            elif isinstance(node, FragmentSpreadNode):
                size = size.beside(self._fragment(node.name.value, rows)).beside(
                    Size(directives=len(node.directives or ()))
                )
        return size

    def _fragment(self, name: str, rows: int) -> Size:
        if (name, rows) not in self._known:
            self._known[name, rows] = Size()  # a fragment inside itself counts once; GraphQL's own rule refuses it
            if found := self.fragments.get(name):
                within = self._type(found.type_condition.name.value)
                self._known[name, rows] = self._selections(found.selection_set, within, rows)
        return self._known[name, rows]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, rows: int) -> Size:
        found = _META.get(node.name.value) or getattr(parent, "fields", {}).get(node.name.value)
        if found is None or node.selection_set is None:
            return Size().under(1, 0, node)
        inner, is_list = get_named_type(found.type), is_list_type(get_nullable_type(found.type))
        page = self._page(node, found)
        is_schema_list, times = is_list and inner.name.startswith("__"), 1
        if is_list:
            times = page or (_SCHEMA_ROWS if is_schema_list else rows)
        below = 1 if is_list else page or 1
        return self._selections(node.selection_set, inner, below).under(max(times, 1), page, node, is_schema_list)

    def _page(self, node: FieldNode, found: GraphQLField) -> int:
        """Rows of the page that this field asks for; 0 for a field without pages."""
        if "first" not in found.args:
            return 0
        last = self._asked(node, "last", None) if "last" in found.args else None
        value = self._asked(node, "first", found.args["first"].default_value) if last is None else last
        return value if isinstance(value, int) and not isinstance(value, bool) else PAGE

    def _asked(self, node: FieldNode, name: str, default: Any) -> Any:
        """The value of an argument, as it is written or as its variable has it; ``default`` where it is left out."""
        for argument in node.arguments or ():
            if argument.name.value == name:
                given = argument.value
                if isinstance(given, IntValueNode):
                    return int(given.value) if len(given.value) < 12 else 10**12
                if isinstance(given, VariableNode):
                    return self.variables.get(given.name.value, default)
        return default

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self.schema.type_map.get(name)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return next((node for node in found if name is None or (node.name and node.name.value == name)), None)


def measured(schema: GraphQLSchema, document: DocumentNode, name: str | None, given: Mapping[str, Any]) -> Size:
    """Of the operation that would run, with its variables' own defaults where none are given."""
    operation = operation_of(document, name)
    if operation is None:
        return Size()
    variables = {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode) and len(each.default_value.value) < 12
    }
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return Measure(schema, fragments, {**variables, **given}).operation(operation)


def too_much(size: Size, limits: Limits) -> GraphQLError | None:
    for what, found, limit in (
        ("depth", size.depth, limits.depth),
        ("fields", size.fields, limits.fields),
        ("aliases", size.aliases, limits.aliases),
        ("directives", size.directives, limits.directives),
        ("page", size.page, PAGE),
        ("lists of the schema in one another", size.lists, _SCHEMA_LISTS),
        ("cost", size.cost, limits.cost),
    ):
        if found > limit:
            shown = min(found, 10**12)
            text = f"This query's {what}: {shown}; at most {limit} here. Ask for less, or in several requests."
            more = {
                "code": LIMIT_EXCEEDED,
                "what": what,
                "found": shown,
                "limit": limit,
                "cost": min(size.cost, 10**12),
            }
            return GraphQLError(text, extensions=more)
    return None


def _asks_for_the_schema(document: DocumentNode) -> bool:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind is TokenKind.NAME and token.value in _META:
            return True
        token = token.next
    return False


def _unfit_string(document: DocumentNode) -> str | None:
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in (TokenKind.STRING, TokenKind.BLOCK_STRING) and (why := unfit(token.value or "")):
            return why
        token = token.next
    return None


@dataclass
class Kept:
    """A parsed document, what validation said of it, and the sizes of its operations where they take no variables."""

    document: DocumentNode
    errors: list[GraphQLError]
    sizes: dict[str | None, Size] = field(default_factory=dict)


class Documents:
    """The latest 64 documents that are not long."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def get(self, text: str) -> Kept | None:
        if found := self._kept.get(text):
            self._kept.move_to_end(text)
        return found

    def keep(self, text: str, made: Kept) -> None:
        if len(text) <= _KEPT_CHARACTERS:
            self._kept[text] = made
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


class Bounds(SchemaExtension):
    """Refuses a query that asks for too much, before anything else looks at it; ``context.cost`` is what it costs."""

    def __init__(self, limits: Limits, introspection: bool, documents: Documents):
        self._limits, self._introspection, self._documents = limits, introspection, documents

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = self._limits.tokens
        if kept := self._documents.get(context.query or ""):
            context.graphql_document = kept.document
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document, text = context.graphql_document, context.query or ""
        assert document is not None
        kept = self._documents.get(text)
        refusal = None if kept else self._refusal_of_text(document)
        if refusal is None:
            size = self._size(document, kept)
            context.context.cost = min(size.cost, 10**12)
            refusal = too_much(size, self._limits)
        if refusal is not None:
            context.pre_execution_errors = [refusal]
        elif kept:
            context.pre_execution_errors = kept.errors
        yield
        if refusal is None and not kept:
            self._documents.keep(text, Kept(document, context.pre_execution_errors or []))

    def _size(self, document: DocumentNode, kept: Kept | None) -> Size:
        context = self.execution_context
        name, given = context.operation_name, context.variables or {}
        known = kept.sizes if kept and not given and operation_of(document, name) else {}
        if name not in known:
            known[name] = measured(context.schema._schema, document, name, given)  # type: ignore[attr-defined]
        return known[name]

    def _refusal_of_text(self, document: DocumentNode) -> GraphQLError | None:
        if why := _unfit_string(document):
            return GraphQLError(f"A string of this query {why}: leave that out.", extensions={"code": "ARGUMENT"})
        if not self._introspection and _asks_for_the_schema(document):
            text = "This server does not answer introspection: read api/schema.graphql."
            return GraphQLError(text, extensions={"code": "INTROSPECTION_OFF"})
        return None
