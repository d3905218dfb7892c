"""An S3 server of this machine, and a bucket of it that the settings of the environment name."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.needs import lacking

__all__ = ["bucket", "make_bucket", "s3_server"]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Address of an S3 server of this machine."""
    try:
        import obstore  # noqa: F401
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        lacking(f"no S3 server of this machine: {error}")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def make_bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], str]:
    """Makes a bucket of this test and returns its name."""
    settings = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ALLOW_HTTP": "true",
    }
    for setting, value in settings.items():
        monkeypatch.setenv(setting, value)

    def make(of: str) -> str:
        name = f"{of}-{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]}"
        httpx.put(f"{s3_server}/{name}").raise_for_status()
        return name

    return make


@pytest.fixture
def bucket(make_bucket: Callable[[str], str]) -> str:
    return make_bucket("bucket")
