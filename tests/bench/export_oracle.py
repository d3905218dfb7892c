"""Run by ``bench_export_oracles`` in an environment with somebody else's reader: the name of the reader as argument,
words and folders in as JSON, what the reader says of them out."""

import json
import re
import sys
from collections import Counter
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import yaml


def sssom(asked: dict[str, Any]) -> dict[str, Any]:
    from sssom.parsers import parse_sssom_table
    from sssom.validators import validate

    made = []
    for path in sorted(Path(asked["folder"]).glob("sssom/*.sssom.tsv")):
        parsed = parse_sssom_table(path)
        reports = validate(parsed, fail_on_error=False).values()
        said = [str(each.message) for report in reports for each in report.results]
        made.append({"file": path.name, "rows": len(parsed.df), "valid": not said, "said": said})
    return {"sssom": made}


def kgx(asked: dict[str, Any]) -> dict[str, Any]:
    """KGX reads its model and its prefixes from the network when it is imported: here those of the package
    ``biolink-model``, with the two prefixes of ours that the export states."""
    import bmt
    import requests

    package = resources.files("biolink_model")
    model = package / "schema" / "biolink_model.yaml"

    class Nothing:
        text = "{}"

    requests.get = lambda *_, **__: Nothing()
    bmt.Toolkit.__init__.__defaults__ = (str(model), "")
    import kgx.config
    from kgx.transformer import Transformer
    from kgx.validator import Validator

    prefixes = json.loads((package / "prefixmaps" / "biolink_model_prefix_map.json").read_text())
    folders = [Path(asked["folder"]) / "kgx", *map(Path, asked["more"])]
    stated = json.loads((folders[0] / "kgx.json").read_text())
    ours = {name: stated["@context"][name] for name in ("infores", "orthokg")}
    kgx.config.jsonld_context_map["biolink"] = {**prefixes, **ours}
    made = []
    for folder in folders:
        validator, rows = Validator(), Counter()
        validator.progress_monitor = lambda kind, _, rows=rows: rows.update([kind.name])
        files = [str(folder / "nodes.tsv"), str(folder / "edges.tsv")]
        Transformer(stream=True).transform(
            {"filename": files, "format": "tsv"}, {"format": "null"}, inspector=validator
        )
        errors = validator.get_errors()
        said = [
            f"{level} {kind}: {text}" for level, of in errors.items() for kind, texts in of.items() for text in texts
        ]
        made.append({"folder": folder.name, **{k.lower(): n for k, n in rows.items()}, "valid": not said, "said": said})
    read = yaml.safe_load(model.read_text())
    others = sorted(set(stated["@context"]) - set(prefixes) - set(ours))
    same = stated["biolink_version"] == read["version"] and not others
    return {"biolink": _words(read, asked["words"]), "kgx": made, "stated": {"valid": same, "unknown prefixes": others}}


def metadata_files(asked: dict[str, Any]) -> dict[str, Any]:
    import frictionless
    import mlcroissant
    from linkml.generators.jsonschemagen import JsonSchemaGenerator
    from linkml.linter.linter import Linter
    from linkml_runtime.utils.schemaview import SchemaView

    made = []
    for folder in sorted(Path(asked["folder"]).iterdir()):
        package = frictionless.Package(str(folder / "datapackage.json"))
        for resource in [each for each in package.resources if each.format == "parquet"]:
            package.remove_resource(resource.name or "")  # its reader fails on columns of lists: mlcroissant reads them
        report = package.validate()
        said = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors][:5]
        said += [error.message for error in report.errors]
        made.append({"folder": folder.name, "of": "datapackage.json", "valid": report.valid, "said": said})
        try:
            data, said = mlcroissant.Dataset(jsonld=str(folder / "croissant.json")), []
            said += [str(each) for each in data.metadata.ctx.issues.errors]
            read = {each.name: sum(1 for _ in data.records(record_set=each.uuid)) for each in data.metadata.record_sets}
        except Exception as error:
            said, read = [f"{type(error).__name__}: {error}"[:300]], {}
        made.append({"folder": folder.name, "of": "croissant.json", "valid": not said, "said": said, "records": read})
    for path in sorted(Path(asked["folder"]).glob("*/orthokg.linkml.yaml")):
        problems = [str(each) for each in Linter().lint(str(path)) if "error" in str(each.level).lower()]
        view = SchemaView(str(path))
        JsonSchemaGenerator(str(path)).serialize()
        made.append(
            {
                "folder": path.parent.name,
                "of": path.name,
                "classes": len(view.all_classes()),
                "valid": not problems,
                "said": problems[:5],
            }
        )
        break
    return {"metadata": made}


def _words(model: dict[str, Any], words: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Whether each word is a predicate below ``related to``, a concrete class, or a value of its enumeration."""
    slots, classes, enums = model["slots"], model["classes"], model["enums"]
    concrete = {name for name, each in classes.items() if not each.get("mixin") and not each.get("abstract")}
    known = {
        "predicate": {name.replace(" ", "_") for name in slots if "related to" in _above(slots, name)},
        "category": {_camel(name) for name in concrete},
        "knowledge level": set(enums["KnowledgeLevelEnum"]["permissible_values"]),
        "agent": set(enums["AgentTypeEnum"]["permissible_values"]),
    }
    return [
        {"what": what, "word": word, "known": word in known[what] and word != "related_to"}
        for what, used in words.items()
        for word in used
    ]


def _above(slots: dict[str, Any], name: str) -> list[str]:
    found = [name]
    while above := (slots.get(found[-1]) or {}).get("is_a"):
        found.append(above)
    return found


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[ _]", name))


READERS = {"kgx": kgx, "metadata": metadata_files, "sssom": sssom}


if __name__ == "__main__":
    names = sys.argv[2:]
    told = READERS[sys.argv[1]](json.load(sys.stdin))
    print(json.dumps({"versions": {name: metadata.version(name) for name in names}, **told}))
