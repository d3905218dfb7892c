"""Kinds of jobs and their arguments, read from their declarations: a new kind needs no change here."""

from enum import Enum

import strawberry
from strawberry.types.enum import EnumValueDefinition

from kg.jobs.arguments import Argument, FileArgument, Kind
from kg.jobs.kinds import KINDS


def _values() -> dict[str, EnumValueDefinition]:
    return {name.upper(): strawberry.enum_value(name, description=kind.title) for name, kind in KINDS.items()}


JobKind = Enum("JobKind", _values())
strawberry.enum(JobKind, description="Kind of a job.")


@strawberry.enum(description="Type of an argument's value.")
class ArgumentType(Enum):
    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    CHOICE = "choice"


@strawberry.type(name="JobArgumentKind", description="An argument of a kind of job.")
class ArgumentKind:
    name: str
    type: ArgumentType
    required: bool
    several: bool = strawberry.field(description="whether it takes a list")
    choices: list[str]
    default: str | None
    help: str
    least: float | None
    most: float | None
    offered: str = strawberry.field(
        description="columns: the columns of obs of the file; else the argument whose column's values are offered; "
        "INSPECT tells both"
    )

    @classmethod
    def of(cls, each: Argument) -> "ArgumentKind":
        default = str(each.default).lower() if isinstance(each.default, bool) else each.default
        return cls(
            name=each.name,
            type=ArgumentType(each.kind),
            required=each.required,
            several=each.several,
            choices=list(each.choices),
            default=None if default is None else str(default),
            help=each.help,
            least=each.least,
            most=each.most,
            offered=each.offered,
        )


@strawberry.type(name="JobFileKind", description="A file argument of a kind of job: its value is the id of an upload.")
class FileKind:
    name: str
    suffixes: list[str]
    required: bool
    help: str

    @classmethod
    def of(cls, each: FileArgument) -> "FileKind":
        return cls(name=each.name, suffixes=list(each.suffixes), required=each.required, help=each.help)


@strawberry.type(name="JobKindForm", description="A kind of job with its arguments and files.")
class KindForm:
    kind: JobKind
    title: str
    arguments: list[ArgumentKind]
    files: list[FileKind]
    either: list[list[str]] = strawberry.field(
        description="alternative sets of files, of which exactly one is given; empty if there is no choice"
    )

    @classmethod
    def of(cls, each: Kind) -> "KindForm":
        return cls(
            kind=JobKind(each.name),
            title=each.title,
            arguments=[ArgumentKind.of(argument) for argument in each.arguments],
            files=[FileKind.of(file) for file in each.files],
            either=[list(names) for names in each.either],
        )


def job_kinds() -> list[KindForm]:
    return [KindForm.of(each) for each in KINDS.values()]
