"""What SATURN takes of the extras [models] and [esm], loaded when a method asks for it."""

from typing import Any

from ingest.method.extra import package


def torch() -> Any:
    return package("torch")


def safetensors() -> Any:
    return package("safetensors.numpy")
