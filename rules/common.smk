# Shared by all rules: wildcards, and functions for a stage's files, settings and code.
#
# Needs:  project (Snakefile)
# Makes:  nothing
import json
import shlex

from sign2text.config.published_models import model_at
from sign2text.jobs.rules import Rules, files_of, needs, one_of, reported
from sign2text.landmarks.extraction import shard_count
from sign2text.papers.sources import PAPERS


wildcard_constraints:
    comparison=r"[a-z0-9][a-z0-9_-]*",
    dataset=r"[a-z0-9][a-z0-9_-]*",
    experiment=r"[a-z0-9][a-z0-9_-]*",
    language=r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
    model=r"[A-Za-z0-9._-]+",
    revision=r"[A-Za-z0-9._-]+",
    paper="|".join(PAPERS),
    split="train|dev|test",
    # Not a paper's name alone, which is the page of all its tables.
    table=rf"(?!({'|'.join(PAPERS)})\.)[a-z0-9][a-z0-9_-]*",


# For the rules of methods in separate packages.
environment = str(Path(workflow.basedir) / "envs/sign2text.yaml")

# Inputs, params and command of a stage's rule (workflow/sign2text/jobs/rules.py).
of_stages = Rules(project)
inputs_of = of_stages.inputs_of
params_of = of_stages.params_of
command = of_stages.command


def shown(path, caption, category, **labels):
    """Mark an output for the report; `caption` names a file in workflow/report/."""
    return report(
        path,
        caption=f"../workflow/report/{caption}.rst",
        category=category,
        labels={"data set": "{dataset}", **labels},
    )


def model_settings(wildcards):
    """Params function: name and revision of the folder's model, as JSON."""
    place = f"resources/models/{wildcards.model}/{wildcards.revision}"
    # A model that config.yaml does not use can be fetched too, by its folder's name.
    name, revision = project.published_models().get(place) or model_at(place)
    return json.dumps({"name": name, "revision": revision})


def table_option(wildcards):
    """Params function: option with the table's name, for corpora that a table describes."""
    if not project.has_table(wildcards.dataset):
        return ""
    config = project.stage_config(wildcards.dataset, "common", "make_manifest")
    return f"--table {shlex.quote(config.table.file)}"


def further_shards(wildcards):
    """Input function: indices of a split's shards after the first."""
    of = wildcards.dataset, wildcards.experiment
    folder = project.folder(*of, "extract_landmark_shards")
    count = shard_count(wildcards.split, project.stage_config(*of, "extract_landmarks"))
    names = [f"{wildcards.split}.{shard:03d}.index.safetensors" for shard in range(1, count)]
    return [f"{folder}/{name}" for name in names]
