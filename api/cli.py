"""The commands that answer over the network, and that make a token for it."""

import gc
import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kg.cli.main import opened

if TYPE_CHECKING:
    from api.access.auth import Tokens


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--public", is_flag=True, help="Accept requests from other machines; needs ORTHOKG_TOKENS.")
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, public: bool) -> None:
    """Serve the graph over HTTP, with GraphQL at http://HOST:PORT/graphql.

    \b
      orthokg serve
      curl http://127.0.0.1:8000/graphql -H 'content-type: application/json' \\
        -d '{"query": "{ status { nodes { name count } } }"}'

    Without ORTHOKG_TOKENS it answers requests from this machine only, and anyone on it may read, query in Cypher and
    submit jobs. Curating needs a name: a token (`orthokg token`), or `orthokg curate --who NAME`, also while it runs.
    """
    if not is_loopback(host) and not public:
        raise click.UsageError(f"--host {host} lets other machines reach this server: add --public if you want that.")
    from api.access.auth import Tokens
    from api.access.limits import Limits
    from api.access.memory import use_few_arenas
    from api.access.shields import read_origins
    from api.access.trusted import read_documents
    from api.http.app import LOOPBACK, create_app
    from api.http.watch import log_settings
    from api.sockets import listening
    from api.sockets.proxies import Proxies
    from api.sockets.visitors import doors
    from kg.cli.match import signatures
    from kg.jobs.limits import JobLimits
    from kg.jobs.worker import Worker
    from kg.settings import switch

    use_few_arenas()
    tokens = Tokens.read(os.environ)
    if public and not tokens.entries:
        raise click.UsageError(
            "--public needs ORTHOKG_TOKENS, to identify who sends requests: make a token with `orthokg token`."
        )
    folder = os.environ.get("ORTHOKG_TRUSTED_DOCUMENTS")
    limits, proxies = Limits.read(os.environ), Proxies.read(os.environ)
    settings = {
        "limits": limits,
        "tokens": tokens,
        "origins": read_origins(os.environ),
        "introspection": switch(os.environ, "ORTHOKG_INTROSPECTION", True),
        "documents": read_documents(Path(folder)) if folder else None,
    }
    click.echo(f"who may ask: {', '.join(who(tokens))}", err=True)
    hosts = ("*",) if public else (*LOOPBACK, host)
    store, jobs = opened(ctx, read_only=True, yields=False), JobLimits.read(os.environ)
    app = create_app(store, signatures().root, hosts=hosts, **settings)
    visitors = listening.expected(limits, proxies)
    sockets = doors(host, port, visitors)
    log = log_settings(file=os.environ.get("ORTHOKG_LOG"), size=limits.log_bytes, files=limits.log_files)
    server = listening.server(app, visitors, limits, log_config=log)
    click.echo(
        f"listening at http://{host}:{port}, {visitors.most} connections at once, {visitors.each} of one address",
        err=True,
    )
    # A request makes thousands of small objects that end with it: to look for rings among each 700 of them is time for
    # nothing.
    gc.freeze()
    gc.set_threshold(2_000, 10, 10)
    worker = Worker(store, slots=jobs.slots, limits=jobs).start()
    try:
        server.run(list(sockets))
    finally:
        worker.stop()


def who(tokens: "Tokens") -> list[str]:
    """Said at start: every name with its scopes and last day, and no hash."""
    if not tokens.entries:
        told = "this machine only, to read, query in Cypher and submit jobs"
        return [f"{told} (ORTHOKG_TOKENS is not set, and a curation names its curator)"]
    return [entry.text.rpartition(":")[0] for entry in tokens.entries]


@click.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("read",),
    type=click.Choice(("read", "curate", "cypher", "jobs")),
    show_default=True,
    help="What the token allows; may be repeated.",
)
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires; never by default.")
def token(name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token for NAME. The token itself is shown once and kept nowhere; ORTHOKG_TOKENS takes the entry.

    \b
      orthokg token ada --scope read --scope curate --days 90
      ORTHOKG_TOKENS=tokens.txt orthokg serve
    """
    from api.access.auth import new_token

    last_day = datetime.now(UTC).date() + timedelta(days=days) if days else None
    made, entry = new_token(name, frozenset(scopes), last_day)
    click.echo(f"token, for {name} alone: {made}", err=True)
    click.echo(entry.text)
