"""The audit of graphql-http (npm) against a server of the simulated study: how many of its rules are kept, which not.

    python -m tests.bench.audit_over_http

Wants node and npm, which fetches the package into a temporary folder. The rules are also tests of our own,
tests/api/test_over_http.py, which need neither.
"""

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from kg.store.driver import open_store
from tests.bench.served import each_store, server, simulate

AUDIT = """
import { serverAudits } from 'graphql-http';
const found = [];
for (const audit of serverAudits({ url: process.argv[2], fetchFn: fetch })) {
  const { status, reason } = await audit.fn();
  found.push([status, audit.id, audit.name, reason]);
}
console.log(JSON.stringify(found));
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "install", "--silent", "graphql-http@1.23", "graphql"], cwd=folder, check=True)
        script = Path(folder) / "audit.mjs"
        script.write_text(AUDIT)
        for _, scratch in each_store(["embedded"]):
            with open_store() as store:
                simulate(store)
            with server(scratch / "server.log") as (port, _process):
                address = f"http://127.0.0.1:{port}/graphql"
                done = subprocess.run(["node", str(script), address], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    print(dict(Counter(status for status, *_ in found)))
    for each in found:
        if each[0] != "ok":
            print(*each)


if __name__ == "__main__":
    main()
