"""The command that answers over the network."""

from ipaddress import ip_address

import click

from kg.cli import opened


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
@click.option("--public", is_flag=True, help="Let other machines ask. Nobody is asked who they are.")
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, public: bool) -> None:
    """Answer over the network, in GraphQL, at http://HOST:PORT/graphql.

    \b
      orthokg serve
      curl http://127.0.0.1:8000/graphql -H 'content-type: application/json' \\
        -d '{"query": "{ status { nodes { name count } } }"}'
    """
    if not is_loopback(host) and not public:
        raise click.UsageError(
            f"--host {host} lets other machines reach this server, which asks nobody who they are: add --public if that "
            "is wanted, or put a proxy that asks in front of the default address."
        )
    import uvicorn

    from api.app import LOOPBACK, create_app
    from kg.cli_match import signatures

    app = create_app(opened(ctx, read_only=True), signatures().root, hosts=("*",) if public else (*LOOPBACK, host))
    uvicorn.run(app, host=host, port=port)
