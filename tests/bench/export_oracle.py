"""Run by ``bench_export_oracles`` in an environment with sssom-py and the Biolink model: words and files in, what these
say of them out, as JSON."""

import json
import re
import sys
from importlib import metadata, resources
from typing import Any

import yaml
from sssom.parsers import parse_sssom_table
from sssom.validators import validate


def biolink(words: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Whether each word is a predicate below ``related to``, a class, or a value of its enumeration."""
    model = yaml.safe_load((resources.files("biolink_model") / "schema" / "biolink_model.yaml").read_text())
    slots, classes, enums = model["slots"], model["classes"], model["enums"]
    known = {
        "predicate": {name.replace(" ", "_") for name in slots if "related to" in _above(slots, name)},
        "category": {_camel(name) for name in classes if not classes[name].get("mixin")},
        "knowledge level": set(enums["KnowledgeLevelEnum"]["permissible_values"]),
        "agent": set(enums["AgentTypeEnum"]["permissible_values"]),
    }
    return [
        {"what": what, "word": word, "known": word in known[what] and word != "related_to"}
        for what, used in words.items()
        for word in used
    ]


def sssom(paths: list[str]) -> list[dict[str, Any]]:
    made = []
    for path in paths:
        parsed = parse_sssom_table(path)
        reports = validate(parsed, fail_on_error=False).values()
        said = [str(each.message) for report in reports for each in report.results]
        made.append({"file": path.rpartition("/")[2], "rows": len(parsed.df), "valid": not said, "said": said})
    return made


def _above(slots: dict[str, Any], name: str) -> list[str]:
    found = [name]
    while above := (slots.get(found[-1]) or {}).get("is_a"):
        found.append(above)
    return found


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[ _]", name))


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    versions = {name: metadata.version(name) for name in ("sssom", "biolink-model")}
    print(json.dumps({"versions": versions, "biolink": biolink(asked["words"]), "sssom": sssom(asked["sets"])}))
