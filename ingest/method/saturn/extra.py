"""Packages of the extras [models] and [esm] that SATURN needs, imported when a method asks for them."""

from typing import Any

from ingest.method.extra import package


def torch() -> Any:
    return package("torch")


def safetensors() -> Any:
    return package("safetensors.numpy")
