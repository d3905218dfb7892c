"""Graph analysis: paths between two nodes, the neighbourhood of one, and the communities of a network of regulons.

**What belongs here**: questions about how nodes are connected, answered by networkx on a bounded part of the graph.
**What it may import**: networkx, NumPy, `kg.read`, `kg.store`, `kg.schema`. **How to add one
thing**: a module that reads its edges by `links.py`, an answer as a frozen dataclass, a command in `kg/cli/network.py`
and a field in `api/root/network.py`.
"""
