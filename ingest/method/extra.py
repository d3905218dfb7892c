"""Packages of the extras, imported where a method needs them; if one is missing, the error is the same everywhere."""

from importlib import import_module
from typing import Any

from kg.errors import MethodError


def package(name: str, without: str = "", extra: str = "models") -> Any:
    """The module. ``without``: what works when it is not there. Raises MethodError NEEDS_MODELS, which says what to
    install."""
    try:
        return import_module(name)
    except ImportError as error:
        what = (
            f"{error.name} is not installed"
            if isinstance(error, ModuleNotFoundError)
            else f"{name} cannot be loaded ({error})"
        )
        install = f"{'`make models`, or ' if extra == 'models' else ''}pip install 'orthokg[{extra}]'"
        raise MethodError("; ".join(filter(None, (f"{what}: {install}", without))), code="NEEDS_MODELS") from error
