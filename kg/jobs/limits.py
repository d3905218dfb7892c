"""Limits of jobs and private spaces, from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from kg.settings import Range, numbers

MB = 1 << 20
_NAMES = {
    "slots": "ORTHOKG_JOB_SLOTS",
    "job_mb": "ORTHOKG_JOB_MB",
    "job_seconds": "ORTHOKG_JOB_SECONDS",
    "space_mb": "ORTHOKG_SPACE_MB",
    "upload_mb": "ORTHOKG_UPLOAD_MB",
    "days": "ORTHOKG_SPACE_DAYS",
    "waiting": "ORTHOKG_JOBS_WAITING",
    "nice": "ORTHOKG_JOB_NICE",
}
_RANGES: dict[str, Range] = {"slots": (0, 10**9), "nice": (0, 19)}


@dataclass(frozen=True)
class JobLimits:
    """``slots``: concurrent jobs of a worker, 0 for none; ``job_mb``, ``job_seconds``: memory (MB) and time (s) of one
    job; ``space_mb``: disk space of one owner (MB); ``upload_mb``: size of one file (MB); ``days``: how long files are
    kept after a job has ended or an upload was last used; ``waiting``: jobs of one owner that wait or run; ``nice``:
    niceness of jobs, 0 to 19."""

    slots: int = 1
    job_mb: int = 4096
    job_seconds: int = 3600
    space_mb: int = 4096
    upload_mb: int = 2048
    days: int = 14
    waiting: int = 500
    nice: int = 10

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "JobLimits":
        """Raises ContractError, code SETTING, listing each variable that is not a whole number within its range."""
        return cls(**numbers(fields(cls), environ, _NAMES, ranges=_RANGES, otherwise=(1, 10**9)))
