"""Objects in a bucket: S3 or compatible, Google's or Azure's; keys and address from the environment
(``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``, ``AWS_ENDPOINT_URL``, ``AWS_ALLOW_HTTP`` and the
like).

Writes are atomic: a reader sees a whole object or none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from io import BufferedIOBase, BytesIO
from typing import Any, cast

from kg.atlas.place import Lying
from kg.errors import StoreError

# From an optional extra: neither it nor its types need be installed.
obstore: Any = import_module("obstore")
exceptions: Any = import_module("obstore.exceptions")
stores: Any = import_module("obstore.store")

_PATIENCE = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}


class Bucket:
    def __init__(self, url: str):
        """Raises StoreError STORE_CHOICE for a malformed address."""
        self.url = url.rstrip("/")
        try:
            self._store: Any = stores.from_url(self.url, retry_config=_PATIENCE)
        except (exceptions.BaseError, ValueError) as error:
            raise StoreError(
                f"{url} is not a valid object store address: {_words(error)}. Give a folder, or an address such as"
                " s3://bucket/atlas",
                code="STORE_CHOICE",
            ) from error

    def where(self, name: str) -> str:
        return f"{self.url}/{_key(name)}"

    def find(self, name: str) -> Lying | None:
        try:
            with self._told("read", name):
                return _lying(obstore.head(self._store, _key(name)))
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BufferedIOBase:
        with self._told("read", name):
            # obstore's reader returns its own buffer type rather than bytes.
            return BytesIO(bytes(obstore.get(self._store, _key(name)).bytes()))

    def write(self, name: str, source: BufferedIOBase) -> None:
        with self._told("write", name):
            obstore.put(self._store, _key(name), source)

    def renew(self, name: str) -> None:
        """Does nothing: objects in a bucket do not expire."""

    def all(self) -> Iterator[Lying]:
        with self._told("list", ""):
            for page in obstore.list(self._store, "objects"):
                yield from map(_lying, page)

    def remove(self, lying: Lying) -> None:
        with self._told("remove", lying.name):
            obstore.delete(self._store, _key(lying.name))

    @contextmanager
    def _told(self, what: str, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise StoreError(
                    f"{self.url}: there is no such bucket; create it first", code="STORE_CHOICE"
                ) from error
            raise FileNotFoundError(2, "No such object", self.where(name)) from error
        except exceptions.BaseError as error:
            raise StoreError(
                f"cannot {what} {self.where(name)}: {_words(error)}. Check the address, the keys and the network, and"
                " run the command again",
                code="STORE_DOWN",
            ) from error


def _key(name: str) -> str:
    return f"objects/{name[:2]}/{name}"


def _lying(meta: Any) -> Lying:
    name = cast(str, meta["path"]).rpartition("/")[2]
    return Lying(name, meta["size"], meta["last_modified"].timestamp(), (meta["e_tag"], meta["last_modified"]))


def _words(error: Exception) -> str:
    """The first line of its message, without the library's source location."""
    return str(error).partition("\n")[0][:300]
