"""The questions, as one GraphQL schema. ``python -m api.schema`` prints what ``api/schema.graphql`` must hold."""

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from api.access.limits import Limits
from api.graphql.cost import Bounds, Documents
from api.graphql.errors import ShowErrors
from api.graphql.quick import PlainFields
from api.graphql.reading import Info
from api.root.cells import Cells
from api.root.curations import Curations
from api.root.jobs import Jobs
from api.root.lists import Lists
from api.root.matches import Matches
from api.root.named import Named
from api.root.network import Network
from api.root.planning import Planning
from api.root.versions import Versions
from api.types.curation import CurationMutation
from api.types.job import SCALARS as JOB_SCALARS
from api.types.job import JobMutation
from api.types.matches import upload
from api.types.matches.explanation import SCALARS
from api.types.saved import SCALARS as SAVED_SCALARS
from api.types.status import GraphStatus
from api.types.submission import SubmissionMutation


@strawberry.type
class Query(Matches, Named, Cells, Versions, Lists, Jobs, Network, Planning, Curations):
    """Fields stand in the schema in the order of the classes, and in each as it declares them."""

    @strawberry.field(description="What is in the graph, from which sources, and what is missing.")
    async def status(self, info: Info) -> GraphStatus:
        return GraphStatus(store=info.context.backend.store.dialect)


@strawberry.type
class Mutation(CurationMutation, JobMutation, SubmissionMutation):
    """What changes something."""


class _Schema(strawberry.Schema):
    def process_errors(self, errors: object, execution_context: ExecutionContext | None = None) -> None:
        """Nothing: ``ShowErrors`` logs what it masks, under the id that the client is given."""


def build(limits: Limits, introspection: bool = True) -> strawberry.Schema:
    documents = Documents()
    return _Schema(
        Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map={**SCALARS, **upload.SCALARS, **SAVED_SCALARS, **JOB_SCALARS}),
        execution_context_class=PlainFields,
        extensions=[lambda: ShowErrors(), lambda: Bounds(limits, introspection=introspection, documents=documents)],
    )


if __name__ == "__main__":
    print(build(Limits()).as_str())
