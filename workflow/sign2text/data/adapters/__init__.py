"""One module a corpus: from the corpus as published to manifests.

Each has `SPLITS`, `REQUIRED` (annotation files without which the corpus is not there, glob patterns
relative to its folder), `PUBLISHED` (published counts by split), `find_root`, `annotations_of`,
`read_split` and `read_monolingual`. Where copies in other forms circulate, `files_of` names the
annotation files of a folder that `find_root` gave, and `find_traces` what is there of a corpus that
is not whole. `settings` is always the `Config` of make_manifest; `corpus` is
resources/<data set>/checksums.tsv.
"""

from importlib import import_module
from types import ModuleType

ADAPTERS = ("avatar", "csl_daily", "how2sign", "phoenix", "table")


def find_adapter(name: str) -> ModuleType:
    """The adapter that a data set's key `adapter` names."""
    # From a string: of a stage's code, only its data set's adapters count (ground/code_hash.py).
    if name not in ADAPTERS:
        raise KeyError(f"{name}: there is no such adapter")
    return import_module(f"{__name__}.{name}")
