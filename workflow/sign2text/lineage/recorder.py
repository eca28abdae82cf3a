"""Recording of a job: hashes of its inputs, its time, and its provenance after success."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sign2text.config.methods import find_method
from sign2text.ground.code_hash import code_hash
from sign2text.ground.errors import InputError
from sign2text.ground.processes import is_first
from sign2text.ground.settings import to_json_values
from sign2text.lineage.environment import device_name, library_versions, peak_gpu_memory
from sign2text.lineage.file_hashes import describe_file, relative_path
from sign2text.lineage.job_clock import JobClock
from sign2text.lineage.provenance_file import SUFFIX, Provenance, owner_of, without_places


@contextlib.contextmanager
def recording(
    stage: str,
    given: Mapping[str, Any],
    place: Path | None,
    inputs: Sequence[Path],
    outputs: Sequence[Path],
    method: str | None = None,
) -> Iterator[None]:
    """Run the job inside the block, and write its provenance if it succeeds.

    Without `place`, and in ranks other than 0, nothing is written. An interrupted job leaves its
    time so far; the next job with the same settings, code and inputs adds to it.

    Args:
        stage: its name.
        given: the arguments of its `run`.
        place: path of the provenance; its name ends in SUFFIX.
        inputs: all files that its rule reads.
        outputs: all files that its rule makes.
        method: the method that provides the translators, if the stage may load them.

    Raises:
        InputError: `place` has another ending, or there are no outputs.
        FileNotFoundError: the stage has not written an output.
    """
    if place is None or not is_first():
        yield
        return
    _check_options(place, outputs)
    place.unlink(missing_ok=True)
    config = given.get("config")
    # Hash inputs before the job runs, as it reads them: they may be replaced meanwhile.
    about = {
        "settings": without_places(to_json_values(config)) if config is not None else {},
        "code": code_of(stage, config, method),
        "inputs": tuple(map(describe_file, inputs)),
    }
    with JobClock(place, about) as clock:
        yield
    data_set, experiment = owner_of(relative_path(place))
    Provenance(
        stage=stage,
        data_set=data_set,
        experiment=experiment,
        **about,
        seed=getattr(config, "seed", None),
        outputs=tuple(map(describe_file, outputs)),
        versions=library_versions(stage, adapters_of(config), translators_of(method)),
        device=device_name(),
        threads=given.get("threads"),
        parts=tuple(clock.parts),
        peak_gpu_memory=peak_gpu_memory(),
    ).write(place)
    clock.forget()


def adapters_of(config: Any) -> tuple[str, ...]:
    """Return the names of the adapters that a stage's settings select."""
    names = (getattr(config, key, None) for key in ("adapter", "sentences_adapter"))
    return tuple(name for name in names if name)


def _check_options(place: Path, outputs: Sequence[Path]) -> None:
    if not place.name.endswith(SUFFIX) or not outputs:
        raise InputError(
            f"--provenance: found {place} of {len(outputs)} outputs; expected a name that ends in "
            f"{SUFFIX}, and the files that it speaks of as --outputs"
        )


def translators_of(method: str | None) -> tuple[str, ...]:
    """Return the modules of a method's translators; raise InputError for an unknown method."""
    return find_method(method, "--method").modules if method else ()


def code_of(stage: str, config: Any, method: str | None) -> str | None:
    """Return the hash of the stage's code; None for a stage outside the package."""
    adapters, translators = adapters_of(config), translators_of(method)
    try:
        return code_hash(stage, adapters=adapters, translators=translators)
    except ValueError:
        return None
