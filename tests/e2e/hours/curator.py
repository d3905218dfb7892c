"""A curator asks what was tested, says what is wrong, and has it reviewed by another one."""

from tests.e2e.hours.hour import AD, NO_MATCH, Hour


def what_was_tested(hour: Hour) -> None:
    """Found, no, and not tested are three answers."""
    rows = hour.told("cypher", "--saved", "what-was-tested", "--param", f"disease={AD}")
    answers = {row["model"]: row["answer"] for row in rows}
    assert answers["simulated-specific"] == "found"
    assert answers["simulated-cut"] == "not tested"
    assert answers["simulated-none"].startswith("no")


def every_model_and_disease(hour: Hour) -> None:
    """In one question; what was not asked has no cell, and a no is told from an untestable pair."""
    grid = hour.data("{ modelGrid { models { curie label } diseases { curie } cells { model disease answer match } } }")
    label = {each["curie"]: each["label"] for each in grid["modelGrid"]["models"]}
    found = {label[each["model"]]: each["answer"] for each in grid["modelGrid"]["cells"] if each["disease"] == AD}
    assert (found["simulated-specific"], found["simulated-cut"]) == ("found", "untestable")
    assert found["simulated-none"] in ("no", "weak_no")
    assert len(grid["modelGrid"]["cells"]) < len(label) * len(grid["modelGrid"]["diseases"])


def one_says_and_another_reviews(hour: Hour) -> None:
    """While the server holds the graph."""
    (match,) = hour.told("match", "--model", NO_MATCH, "--disease", AD)["matches"]
    said = ("--comment", "--why", "as in our mice", "--who", "ada")
    key = hour.asked("curate", "propose", match["id"], *said).splitlines()[0]
    waiting = "query { curations(state: proposed) { nodes { id } } }"
    assert {"id": key} in hour.data(waiting)["curations"]["nodes"]
    assert "OWN_CURATION" in hour.refused("curate", "review", key, "--accept", "--who", "ada")
    hour.asked("curate", "review", key, "--accept", "--who", "bob")
    shown = "query($id: ID!) { match(id: $id) { curations { id state who reviewer } } }"
    now = hour.data(shown, id=match["id"])["match"]["curations"]
    assert {"id": key, "state": "accepted", "who": "ada", "reviewer": "bob"} in now


def nobody_without_a_name(hour: Hour) -> None:
    """A server without tokens refuses a curation, says what to do, and does not say that it allows it."""
    assert "curate" not in hour.data("{ viewer { scopes } }")["viewer"]["scopes"]
    propose = 'mutation { proposeCuration(match: "orthokg:match/x", verdict: comment, why: "x") { id } }'
    (error,) = hour.graphql(propose)["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "orthokg curate --who NAME" in error["message"]


NEEDS = (what_was_tested, every_model_and_disease, one_says_and_another_reviews, nobody_without_a_name)
