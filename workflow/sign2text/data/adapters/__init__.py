"""Adapters: a module per corpus that converts the published corpus to manifests.

Each has `SPLITS`, `REQUIRED` (required annotation files, glob patterns relative to the corpus's
folder), `PUBLISHED` (published counts by split), `find_root`, `annotations_of`, `read_split` and
`read_monolingual`. If copies circulate in other forms, `files_of` lists the annotation files of a
folder from `find_root`, and `find_traces` the files of an incomplete corpus. `settings` is always
the `Config` of make_manifest; `corpus` is resources/<data set>/checksums.tsv.
"""

from importlib import import_module
from types import ModuleType

ADAPTERS = ("avatar", "csl_daily", "how2sign", "phoenix", "table")


def find_adapter(name: str) -> ModuleType:
    """Import the adapter that a data set's key `adapter` names."""
    # By name: of a stage's code, only its data sets' adapters count (ground/code_hash.py).
    if name not in ADAPTERS:
        raise KeyError(f"{name}: there is no such adapter")
    return import_module(f"{__name__}.{name}")
