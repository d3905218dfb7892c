"""The packages of the extras [models] and [esm], loaded when a method asks for them, with one error where they are missing."""

from importlib import import_module
from typing import Any

from kg.errors import MethodError


def package(name: str, extra: str = "models") -> Any:
    """Raises MethodError MODELS_MISSING, which says what to install."""
    try:
        return import_module(name)
    except ImportError as error:
        top = name.split(".")[0]
        fix = f"run `make models`, or `pip install 'orthokg[{extra}]'`"
        raise MethodError(f"this needs {top} of the extra [{extra}] ({error}): {fix}", code="MODELS_MISSING") from None


def torch() -> Any:
    return package("torch")


def safetensors() -> Any:
    return package("safetensors.numpy")
