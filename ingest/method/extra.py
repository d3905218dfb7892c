"""The packages of the extra [models], asked for where a method needs them."""

from importlib import import_module
from typing import Any

from kg.errors import MethodError


def package(name: str, without: str = "") -> Any:
    """The module. ``without``: what works when it is not there. Raises MethodError NEEDS_MODELS, which says what to install."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        remedy = "; ".join(filter(None, ("`make models`, or pip install 'orthokg[models]'", without)))
        raise MethodError(f"{error.name} is not installed: {remedy}", code="NEEDS_MODELS") from error
