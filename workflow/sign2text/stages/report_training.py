"""Draw how the trainings of an experiment went, and list what each of its stages took."""

from __future__ import annotations

import logging
from pathlib import Path

from sign2text.config.reads import Listed
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

SCOPE = "common"
READS = (Listed("histories"),)

log = logging.getLogger(__name__)


@stage_config
class Config:
    pass


def run(
    *,
    histories: list[Path],
    identity: str,
    logs: str,
    stages: list[str],
    output: Path,
    config: Config,
    output_curves: Path | None = None,
) -> None:
    """Write the page.

    Args:
        histories: history.tsv of each training in the method's order, in results/<data
            set>/<owner>/<stage>/; pretrainings on other data sets come first.
        identity: the experiment's identity as JSON (sign2text/lineage/identity.py).
        logs: the data set's folder of logs with the benchmark files; it may be missing.
        stages: the stages of the table of times, in order, named as in `lineage.stage_times`.
        output_curves: file for the losses in the format of `dvc plots`.

    Raises:
        InputError: there is no history, a history is incomplete, or the method of `identity` is
            unknown.
    """
    from sign2text.config.json_options import read_mapping
    from sign2text.config.methods import find_method
    from sign2text.ground.errors import InputError
    from sign2text.ground.files import replacing
    from sign2text.lineage.stage_times import read_times
    from sign2text.pages.loss_curves import make_curves
    from sign2text.pages.training_page import History, make_page
    from sign2text.training.history import read_history

    if not histories:
        raise InputError("--histories: found none, expected that of each training of the method")
    whose = read_mapping("--identity", identity)
    trainings = []
    for path in histories:
        stage, owner, data_set = (folder.name for folder in list(path.absolute().parents)[:3])
        other = data_set if data_set != whose["data_set"] else None
        trainings.append(History(stage, owner, read_history(path), other))
    method = find_method(whose["method"], "--identity")
    times = read_times(Path(logs), whose["data_set"], stages)
    if output_curves is not None:
        with replacing(output_curves) as temporary:
            temporary.write_text(make_curves(trainings), encoding="utf-8")
    with replacing(output) as temporary:
        temporary.write_text(make_page(whose, method, trainings, times), encoding="utf-8")
    measured = sum(each.seconds is not None for each in times)
    log.info("%d trainings; times of %d of %d stages", len(trainings), measured, len(times))


if __name__ == "__main__":
    command_line(run)
