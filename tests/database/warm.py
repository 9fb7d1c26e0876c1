"""What processes that are struck begin with: everything imported, all named queries read, and nothing that a fork would break."""

import gc

import numpy.ma  # noqa: F401 - numpy loads it when it is first needed

from import_export.stores.queries import queries
from tests.database import striking

for name in (
    "batches",
    "configuration",
    "exports",
    "invariants",
    "jobs",
    "maintenance",
    "notifications",
    "tables",
):
    queries(name)
# What is never collected is never copied either.
gc.freeze()
__all__ = ["striking"]
