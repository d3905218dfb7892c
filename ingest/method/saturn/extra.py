"""The packages of the extra [models], loaded when a method asks for them, with one error where they are missing."""

from importlib import import_module
from typing import Any

from kg.errors import MethodError


def package(name: str) -> Any:
    """Raises MethodError MODELS_MISSING, which says what to install."""
    try:
        return import_module(name)
    except ImportError as error:
        top = name.split(".")[0]
        fix = "run `make models`, or `pip install 'orthokg[models]'`"
        raise MethodError(f"this needs {top} of the extra [models] ({error}): {fix}", code="MODELS_MISSING") from None


def torch() -> Any:
    return package("torch")


def safetensors() -> Any:
    return package("safetensors.numpy")
