"""A Slurm of its own for the tests of this folder; where none is installed they are skipped."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from one_node import OneNode, missing


@pytest.fixture(scope="module")
def slurm() -> Iterator[OneNode]:
    """A Slurm of one node with two cores, one pretended GPU, and memory that is not counted."""
    if absent := missing():
        pytest.skip(f"no Slurm: {', '.join(absent)} not found; on Debian: slurm-wlm and munge")
    # Not pytest's folder: the name of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    try:
        with OneNode(folder, cpus=2, memory=200_000) as started:
            yield started
    finally:
        shutil.rmtree(folder)
