"""A curator asks what was tested, says what is wrong, and has it reviewed by another one."""

from tests.e2e.hours.hour import AD, Hour


def what_was_tested(hour: Hour) -> None:
    """Found, no, and not tested are three answers."""
    rows = hour.told("cypher", "--saved", "what-was-tested", "--param", f"disease={AD}")
    answers = {row["model"]: row["answer"] for row in rows}
    assert answers["simulated-specific"] == "found"
    assert answers["simulated-cut"] == "not tested"
    assert answers["simulated-none"].startswith("no")


NEEDS = (what_was_tested,)
