"""The live route, against hand-made answers of BioMart's true shape served on loopback. No Ensembl here."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.source import biomart, orthologs
from kg.errors import SourceError

DISPLAY = dict(
    zip(
        biomart.COLUMNS,
        (
            "Gene stable ID",
            "Gene name",
            "Mouse gene stable ID",
            "Mouse gene name",
            "Mouse homology type",
            "Mouse orthology confidence [0 low, 1 high]",
            "%id. target Mouse gene identical to query gene",
            "%id. query gene identical to target Mouse gene",
        ),
        strict=True,
    )
)
HAND_MADE_CONFIGURATION = (
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE DatasetConfig><DatasetConfig dataset="hsapiens_gene_ensembl">'
    '<FilterPage internalName="filters"><FilterGroup><FilterCollection>'
    '<FilterDescription internalName="chromosome_name" type="text"/></FilterCollection></FilterGroup></FilterPage>'
    '<AttributePage internalName="homologs"><AttributeGroup><AttributeCollection>'
    + "".join(f'<AttributeDescription internalName="{k}" displayName="{v}"/>' for k, v in DISPLAY.items())
    + "</AttributeCollection></AttributeGroup></AttributePage></DatasetConfig>"
)
HAND_MADE_ROWS = [
    ("ENSG00000142192", "APP", "ENSMUSG00000022892", "App", "ortholog_one2one", "1", "96.8831", "96.8831"),
    ("ENSG00000186868", "MAPT", "ENSMUSG00000018411", "Mapt", "ortholog_one2one", "1", "56.5963", "58.527"),
    ("ENSG00000227232", "WASH7P", "", "", "", "", "", ""),
    ("ENSG00000999999", "LOST", "ENSMUSG00000022892", "App", "ortholog_one2many", "0", "20", "40"),
]
TABLE = "\n".join("\t".join(row) for row in (tuple(DISPLAY.values()), *HAND_MADE_ROWS)) + "\n"


@pytest.fixture
def serve():
    """A loopback server that answers queries with the given text; returns its address."""
    running = []

    def start(answer: str, status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked = parse_qs(urlsplit(self.path).query)
                text = HAND_MADE_CONFIGURATION if asked.get("type") == ["configuration"] else answer
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def test_hand_made_answer_becomes_ortholog_edges(serve, tmp_path, human, mouse, monkeypatch):
    here = tmp_path / "elsewhere"
    here.mkdir()
    monkeypatch.chdir(here)
    path = biomart.get(tmp_path / "cache", serve(TABLE))
    batch = orthologs.transform(orthologs.LIVE, path, human, mouse)
    assert (batch.read, batch.accepted) == (4, 3)
    assert [(q.rule, q.value) for q in batch.quarantined] == [("retired-id", "ENSG00000999999")]
    found = [
        (e["subject"], e["object"], e["cardinality"], e["confidence"], e["identity"])
        for e in batch.edges["ORTHOLOG_OF", "Gene", "Gene"]
    ]
    assert found == [
        ("ENSEMBL:ENSG00000142192", "ENSEMBL:ENSMUSG00000022892", "one2one", 1.0, pytest.approx(96.8831)),
        ("ENSEMBL:ENSG00000186868", "ENSEMBL:ENSMUSG00000018411", "one2one", 1.0, pytest.approx(57.56165)),
    ]
    assert list(here.iterdir()) == []


def test_an_answer_is_kept(serve, tmp_path):
    first = biomart.get(tmp_path, serve(TABLE))
    assert biomart.get(tmp_path, "http://127.0.0.1:1") == first


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ("Query ERROR: caught BioMart::Exception::Usage: Attribute not found", 200, "Query ERROR"),
        ("gone", 503, "503"),
        ("<html>maintenance</html>", 200, "not a table of orthologs"),
        (TABLE.splitlines()[0] + "\n", 200, "not a table of orthologs"),
    ],
)
def test_what_is_no_answer_is_refused_and_not_kept(serve, tmp_path, answer, status, why):
    with pytest.raises(SourceError, match=why) as caught:
        biomart.get(tmp_path, serve(answer, status))
    assert caught.value.code == "BIOMART"
    assert not (tmp_path / biomart.FILE).exists()


def test_no_server(tmp_path):
    with pytest.raises(SourceError, match="Try later"):
        biomart.get(tmp_path, "http://127.0.0.1:1")
