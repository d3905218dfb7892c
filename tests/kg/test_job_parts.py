"""Kinds and their arguments, whose turn it is, and the lines of progress."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from kg.errors import ContractError, KgError, UnknownTermError
from kg.export.run import FORMATS
from kg.jobs import progress
from kg.jobs.arguments import Argument, FileArgument, Kind, checked
from kg.jobs.kinds import EXPORTS, KINDS, kind_of
from kg.jobs.process import Bounds, environment
from kg.jobs.rows import is_dead, worker_name
from kg.jobs.space import Space
from kg.jobs.turns import next_turn

KIND = Kind(
    "try",
    "A try",
    "none:none",
    (
        Argument("text", required=True),
        Argument("n", "int", default=3, least=1, most=9),
        Argument("x", "float", least=0),
        Argument("flag", "bool"),
        Argument("one", "choice", choices=("a", "b")),
        Argument("many", several=True),
    ),
    (FileArgument("file", (".csv",)), FileArgument("other", (".csv",), required=False)),
)
FILE = "a" * 32


def test_arguments_are_of_their_type_and_defaults_are_filled_in() -> None:
    given = {"many": "one", "file": FILE, "x": "0.5", "flag": "TRUE", "text": "t", "one": "b", "other": ""}
    assert checked(KIND, given) == {
        "text": "t", "n": 3, "x": 0.5, "flag": True, "one": "b", "many": ["one"], "file": FILE,
    }  # fmt: skip
    assert checked(KIND, {"text": "t", "n": 9, "file": FILE, "many": ["a", "b"]})["many"] == ["a", "b"]
    assert list(checked(KIND, {"file": FILE, "text": "t"})) == ["text", "n", "file"], "in the order of the kind"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "two\nlines"), ("text", "t" * 2001), ("text", 5), ("n", "2.5"), ("n", 0), ("n", 10), ("n", True),
        ("n", "nan"), ("x", "nan"), ("x", "inf"), ("x", -1), ("x", "much"), ("flag", "perhaps"), ("one", "c"),
        ("many", [""]), ("many", ["a"] * 101), ("many", [["a"]]), ("many", 5), ("file", "my.csv"),
        ("file", "../../etc/passwd"), ("file", ["a" * 32]), ("unknown", "1"),
    ],
)  # fmt: skip
def test_an_argument_that_is_wrong_is_named(name: str, value: object) -> None:
    with pytest.raises(ContractError) as wrong:
        checked(KIND, {"text": "t", "file": FILE, name: value})
    assert ([issue.path for issue in wrong.value.issues], wrong.value.code) == ([name], "ARGUMENT")


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ContractError) as wrong:
        checked(KIND, {"n": 0, "no": 1})
    assert sorted(issue.path for issue in wrong.value.issues) == ["file", "n", "no", "text"]
    with pytest.raises(KgError, match="inspect") as unknown:
        kind_of("mine bitcoin")
    assert unknown.value.code == "JOB_KIND"


def test_each_kind_has_its_runner_and_says_what_its_arguments_are() -> None:
    for kind in KINDS.values():
        module, _, name = kind.runner.partition(":")
        assert callable(getattr(import_module(module), name)), kind.name
        names = [each.name for each in (*kind.arguments, *kind.files)]
        assert len(names) == len(set(names)), kind.name
        assert all(each.help for each in (*kind.arguments, *kind.files)), kind.name
        assert (kind.answers == "atlas") == ("atlas" in names), kind.name
    assert EXPORTS == FORMATS


def test_turns_are_fair() -> None:
    """One owner with a hundred jobs and two with one: nobody waits for the hundred; nobody is served twice before the
    others are served."""
    waiting = [{"id": f"a{at:03}", "owner": "a", "submitted": f"{at:03}"} for at in range(100)]
    waiting += [{"id": "b", "owner": "b", "submitted": "500"}, {"id": "c", "owner": "c", "submitted": "501"}]
    served: dict[str, str] = {}
    order = []
    for clock in range(len(waiting)):
        found = next_turn(waiting, [], served)
        assert found
        order.append(found["id"])
        served[found["owner"]] = f"{clock:04}"
        waiting.remove(found)
    assert order[:4] == ["a000", "b", "c", "a001"]
    assert (order[3:], next_turn([], [], {})) == ([f"a{at:03}" for at in range(1, 100)], None)
    busy = [{"id": "1", "owner": "a", "submitted": "1"}, {"id": "2", "owner": "b", "submitted": "2"}]
    assert next_turn(busy, [{"owner": "a"}], {"b": "9"}) == busy[1], "who has fewest running, before who waits longest"


def test_lines_of_progress_are_numbered_and_a_torn_one_is_passed_over(tmp_path: Path) -> None:
    space = Space.of("ada", tmp_path)
    folder = space.make("jobs", FILE)
    tell = progress.Teller(folder)
    progress.tell(folder, {"state": "running"})
    for step in range(1, 1001):
        tell(step, 1000, "a step")
    with (folder / progress.FILE).open("a") as file:
        file.write('{"done": 5, "tot')
    found = progress.events(space, FILE)
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert 3 <= len(found) < 20, "the first, the last, and few between"
    assert (found[0][1]["state"], found[-1][1]["done"], progress.last(folder)) == (
        "running",
        1000,
        (1000, 1000, "a step"),
    )
    progress.tell(folder, {"state": "done"})
    later = progress.events(space, FILE, after=found[-1][0])
    assert [line.get("state") for _, line in later] == [None, "done"], "what was torn is a line that says nothing"
    assert all(set(json.loads(json.dumps(line))) >= {"at"} for _, line in found)
    with pytest.raises(UnknownTermError):
        progress.events(space, "b" * 32)


def test_a_job_sees_where_the_graph_is_and_no_secret_that_it_does_not_need() -> None:
    given = {
        "PATH": "/bin", "ORTHOKG_TOKENS": "ada:read:never:00", "NEO4J_URI": "bolt://other", "NEO4J_PASSWORD": "p",
        "AWS_REGION": "r", "LC_ALL": "C", "SECRET": "s", "ORTHOKG_HOME": "/other", "ORTHOKG_LOG": "log",
    }  # fmt: skip
    own = environment(Path("/home"), "embedded", Bounds(5, 6, 7), given)
    assert not {"ORTHOKG_TOKENS", "NEO4J_URI", "SECRET", "ORTHOKG_LOG"} & {*own}
    assert (own["ORTHOKG_HOME"], own["ORTHOKG_JOB_MB"], own["ORTHOKG_SPACE_MB"]) == ("/home", "5", "7")
    assert (own["OMP_NUM_THREADS"], own["AWS_REGION"], own["LC_ALL"], own["PATH"]) == ("1", "r", "C", "/bin")
    assert environment(Path("/home"), "bolt://mine", Bounds(5, 6, 7), given)["NEO4J_URI"] == "bolt://mine"


def test_a_worker_that_is_gone_is_known_to_be() -> None:
    own = worker_name()
    assert not is_dead(own)
    assert is_dead(own.rpartition("-")[0] + "-1"), "the number is in use again, by a process that began at another time"
    host = own.rpartition("/")[0]
    assert is_dead(f"{host}/4194305-1")
    assert not is_dead("elsewhere/4194305-1")
    assert not is_dead("")
