"""Cells of human, mouse and marmoset in one space, and tables in which authors put their clusters into shared types."""

from pathlib import Path

import yaml

from ingest.fetch.cache import Cache
from kg.store.driver import Store
from tests.ingest.test_embedding import TAXA, loaded, written

MARMOSET = "NCBITaxon:9483"
TABLES = {
    TAXA["human"]: "cluster,type,cells\nInh L1 VIP,Vip,40\nmicroglia,Micro,40\nastrocyte,Astro,40\n",
    TAXA["mouse"]: "cluster,type,cells\nmicroglia,Micro,40\nastrocyte,Astro,40\nno type,NA,3\n",
    MARMOSET: "cluster,type,cells\nInh VIP 1,Vip,12\nInh VIP 2,Vip,9\nmicroglia,Micro,40\nastrocyte,Astro,40\n",
}


def load_marmoset(store: Store, folder: Path) -> None:
    """A third species by one more table and one more line of ``taxa``."""
    written(folder, third=True)
    path = folder / "m.yaml"
    tables = []
    for taxon, text in TABLES.items():
        file = f"{taxon.split(':')[1]}.csv"
        (folder / file).write_text(text)
        tables.append({"taxon": taxon, "file": file, "cluster": "cluster", "type": "type", "cells": "cells"})
    types = {"id": "consensus", "by": "A. 2020", "tables": tables}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"published_types": types}))
    loaded(store, folder, Cache.open())
