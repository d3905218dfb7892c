"""Settings from the environment."""

from dataclasses import dataclass, fields

import pytest

from kg.errors import ContractError
from kg.settings import numbers, switch


@dataclass(frozen=True)
class Bounds:
    rows: int = 5
    level: int = 3
    seconds: float = 1.5


NAMES = {"rows": "APP_ROWS", "level": "APP_LEVEL", "seconds": "APP_SECONDS"}


def read(**environ: str) -> Bounds:
    return Bounds(**numbers(fields(Bounds), environ, NAMES, ranges={"level": (0, 9)}, prefix="APP_"))


def test_what_is_set_is_taken_and_what_is_empty_is_left() -> None:
    assert read(APP_ROWS=" 7 ", APP_LEVEL="0", APP_SECONDS="", OTHER="x") == Bounds(rows=7, level=0)
    assert read(APP_SECONDS="2") == Bounds(seconds=2.0)


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "1_000", "many", "٣", "9" * 5000])
def test_a_whole_number_is_plain_digits(text: str) -> None:
    with pytest.raises(ContractError, match="APP_ROWS: SETTING: it must be a whole number of at least 1"):
        read(APP_ROWS=text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e999", "soon"])
def test_a_fraction_is_above_zero_and_has_an_end(text: str) -> None:
    with pytest.raises(ContractError, match=r"APP_SECONDS: SETTING: it must be a number above 0 .*such as 1.5"):
        read(APP_SECONDS=text)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(ContractError) as caught:
        read(APP_LEVEL="10", APP_SECONDS="-1", APP_ROW="7")
    assert [issue.path for issue in caught.value.issues] == ["APP_LEVEL", "APP_SECONDS", "APP_ROW"]
    assert "from 0 to 9" in caught.value.issues[0].rule
    assert caught.value.issues[2].fix == "use one of APP_ROWS, APP_LEVEL, APP_SECONDS"
    assert caught.value.code == "SETTING"


def test_a_switch_is_on_or_off() -> None:
    assert [switch({"S": text}, "S", True) for text in ("", "on", " OFF ")] == [True, True, False]
    assert not switch({}, "S", False)
    with pytest.raises(ContractError, match=r"S: SETTING: it must be on or off \(found yes\)"):
        switch({"S": "yes"}, "S", True)
