"""Count letters: a stage for the tests of the command line, run as a script.

Its settings also choose a behaviour, so that a test can make it fail or wait.
"""

import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from sign2text.ground.errors import InputError
from sign2text.ground.files import replacing
from sign2text.ground.settings import stage_config
from sign2text.jobs.command_line import command_line

READS = ()

log = logging.getLogger(__name__)


@stage_config
class Config:
    times: Annotated[int, Field(ge=1, description="times that the text is counted")] = 1
    behaviour: Annotated[
        Literal["count", "refuse", "fail", "fill_disk", "wait", "tell", "fill_memory", "work"],
        Field(description="what it does"),
    ] = "count"
    seconds: Annotated[float, Field(ge=0, description="how long it waits")] = 60


def run(
    *,
    texts: list[Path],
    dictionary: Path | None = None,
    output: Path,
    config: Config,
    threads: int = 1,
    loud: bool = False,
) -> None:
    with replacing(output) as temporary:
        temporary.write_text("half of it")
        if config.behaviour == "refuse":
            raise InputError(f"{texts[0]}: row 3, column text: found nothing, expected a sentence")
        if config.behaviour == "fail":
            raise ZeroDivisionError("not foreseen")
        if config.behaviour == "fill_disk":
            with Path("/dev/full").open("w") as full:
                full.write("x")
        if config.behaviour == "tell":
            for number in range(3):
                log.info("line \x1b[2J%d", number)
        if config.behaviour == "fill_memory":
            np.empty(2**60, np.uint8)
        if config.behaviour == "work":
            burn = f"import time\nwhile time.process_time() < {config.seconds}: pass"
            children = [subprocess.Popen([sys.executable, "-c", burn]) for _ in range(2)]
            for child in children:
                child.wait()
        if config.behaviour == "wait":
            time.sleep(config.seconds)
        letters = config.times * sum(len(text.read_text()) for text in texts)
        temporary.write_text(f"{letters} {dictionary} {threads} {loud}")


if __name__ == "__main__":
    command_line(run)
