# What all rules share: wildcards, and where a stage's files, settings and code come from.
#
# Needs:  project (Snakefile)
# Makes:  nothing
import json

from sign2text.config.published_models import model_at
from sign2text.jobs.rules import Rules, memory, one_of, python_of, reported
from sign2text.papers.sources import PAPERS


wildcard_constraints:
    comparison=r"[a-z0-9][a-z0-9_-]*",
    dataset=r"[a-z0-9][a-z0-9_-]*",
    experiment=r"[a-z0-9][a-z0-9_-]*",
    paper="|".join(PAPERS),
    split="train|dev|test",
    # Not the name of a paper alone: that is the page of all its tables.
    table=rf"(?!({'|'.join(PAPERS)})\.)[a-z0-9][a-z0-9_-]*",


# Inputs, params and command of the rule of a stage (workflow/sign2text/jobs/rules.py).
of_stages = Rules(project)
inputs_of = of_stages.inputs_of
params_of = of_stages.params_of
command = of_stages.command


def model_settings(wildcards):
    """Params function: name and revision of the model of this folder, as JSON."""
    place = f"resources/models/{wildcards.model}/{wildcards.revision}"
    # One that nothing in config.yaml asks for can be fetched too, by its folder's name.
    name, revision = project.published_models().get(place) or model_at(place)
    return json.dumps({"name": name, "revision": revision})
