"""Local files that a command sends with a job."""

from pathlib import Path

from kg.files.regular import need_file
from kg.jobs.arguments import UPLOAD
from kg.jobs.folder import read_task
from kg.jobs.space import Space
from kg.jobs.upload import Upload, append, begin, digest, uploads

_BLOCK = 1 << 20


def sent(space: Space, path: Path) -> Upload:
    """Copies a file to the space, or returns the existing upload with the same name and content. Raises ContractError
    MISSING_FILE, NOT_A_FILE, and the errors of ``begin``."""
    size, sha256 = need_file(path).stat().st_size, digest(path)
    for each in uploads(space):
        if each.complete and (each.sha256, each.name) == (sha256, path.name):
            return each
    made = begin(space, path.name, size, sha256)
    with path.open("rb") as file:
        return append(space, made.id, 0, iter(lambda: file.read(_BLOCK), b""))


def only_for(space: Space, job: str) -> list[str]:
    """Uploads used by this job and no other. Raises UnknownTermError."""
    own = read_task(space.job_folder(job))
    others: set[str] = set()
    for folder in (space.root / "jobs").glob("*"):
        if UPLOAD.fullmatch(folder.name) and folder != space.job_folder(job) and (task := read_task(folder)):
            others |= {*task.files.values()}
    there = {each.id for each in uploads(space)}
    return sorted({*own.files.values()} & there - others) if own else []
