# From sign-language video to spoken-language text, with one rule per stage.
#
# Needs:  config.yaml (what to run), the package sign2text in the environment (`make .venv`)
# Makes:  the targets in config.yaml, or on the command line:
#         results/<data set>/<experiment>.bleu and everything under results/<data set>/
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.utils import min_version

from sign2text.config.project import Project
from sign2text.ground.errors import InputError
from sign2text.ground.method_packages import rule_files
from sign2text.jobs.unrecorded import mark_unrecorded
from sign2text.jobs.finished_trainings import clear_finished
from sign2text.config.keys import with_command_line

min_version("9.0")

# Let `.venv/bin/snakemake` find its python without an activated environment.
os.environ.update(PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))


configfile: "config.yaml"


try:
    project = Project(with_command_line(config, workflow.config_settings.config))
except InputError as error:
    raise WorkflowError(f"The configuration cannot be used:\n{error}")


# Not in cluster jobs, each of which starts another snakemake.
if workflow.is_main_process:
    for path, different in mark_unrecorded(project):
        logger.warning(
            f"{path}: made otherwise than it would be now ({'; '.join(different)}), and Snakemake "
            "has not noted how. It is taken for unfinished (docs/cluster.md, Stale locks)"
        )


# Remove leftovers of trainings that Snakemake has recorded
# (workflow/sign2text/jobs/finished_trainings.py).
onstart:
    clear_finished()


onsuccess:
    clear_finished()


report: "workflow/report/workflow.rst"


include: "rules/common.smk"
include: "rules/common_pages.smk"


for path in rule_files(Path(workflow.basedir)):

    include: str(path)


rule all:
    default_target: True
    input:
        project.targets,


# Pages for `make report` (docs/report.md); snakemake --report takes the same targets.
rule report_pages:
    input:
        project.report,
