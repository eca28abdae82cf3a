# What all rules share: wildcards, and where a stage's files, settings and code come from.
#
# Needs:  project (Snakefile)
# Makes:  nothing
import functools
import hashlib
import json
import shlex

from sign2text.lineage.identity import identity_json
from sign2text.ground.code_hash import code_hash
from sign2text.config.published_models import MANIFEST, asked_for, model_at, place_of
from sign2text.papers.sources import PAPERS


wildcard_constraints:
    comparison=r"[a-z0-9][a-z0-9_-]*",
    dataset=r"[a-z0-9][a-z0-9_-]*",
    experiment=r"[a-z0-9][a-z0-9_-]*",
    paper="|".join(PAPERS),
    split="train|dev|test",
    # Not the name of a paper alone: that is the page of all its tables.
    table=rf"(?!({'|'.join(PAPERS)})\.)[a-z0-9][a-z0-9_-]*",


def told(function):
    """Let the function of a rule end the run with the message alone of what is not configured."""

    @functools.wraps(function)
    def tell(*arguments, **named):
        try:
            return function(*arguments, **named)
        except InputError as error:
            raise WorkflowError(str(error))

    return tell


def stage_file(stage, name):
    """Input function: file `name` of `stage`, in the folder of the experiment that owns it."""

    @told
    def find(wildcards):
        owner = project.owner(wildcards.dataset, wildcards.experiment, stage)
        return f"results/{wildcards.dataset}/{owner}/{stage}/{name.format(**wildcards)}"

    return find


def settings_of(stage):
    """Params function: what differs from the defaults of `stage`, as JSON."""

    @told
    def settings(wildcards):
        experiment = getattr(wildcards, "experiment", "common")
        return project.settings_json(wildcards.dataset, experiment, stage)

    return settings


def owned_settings_of(stage):
    """Params function: as settings_of, for the stages that experiments share.

    Refuses to make what another experiment owns, so that nothing is made twice.
    """

    def settings(wildcards):
        found = settings_of(stage)(wildcards)
        owner = project.owner(wildcards.dataset, wildcards.experiment, stage)
        if owner != wildcards.experiment:
            asked, right = (
                f"results/{wildcards.dataset}/{each}/{stage}"
                for each in (wildcards.experiment, owner)
            )
            raise WorkflowError(
                f"{asked}: the settings are those of {owner}, whose files are shared; "
                f"ask for {right} instead"
            )
        return found

    return settings


def python_of(wildcards, resources):
    """Params function: how a training is started, with a process for each of its GPUs.

    It depends on the job's resources, so another number of them makes nothing out of date.
    """
    if resources.gpu < 2:
        return "python -m"
    # Two minutes to save a large state when it is ended. Without `--` torchrun would take --log for
    # an option of its own.
    torchrun = "python -m torch.distributed.run --standalone --shutdown-timeout 120"
    return f"{torchrun} --nproc-per-node {resources.gpu} -m --"


def code_of(stage):
    """Params function: hash of the modules that `stage` uses (workflow/sign2text/ground/code_hash.py)."""
    return lambda wildcards: code_hash(
        stage,
        adapters=project.adapters_of(getattr(wildcards, "dataset", None), stage),
    )


def upstream_of(stage):
    """Params function: hash of settings and code of all stages before `stage`.

    When a stage that runs again is ended, its old output is gone and so is what Snakemake knew of
    it. Without this, what was made from that output would pass for up to date.
    """

    @told
    def upstream(wildcards):
        signature = project.signature(wildcards.dataset, wildcards.experiment, stage)
        before = {
            each: (
                settings,
                code_hash(each, adapters=project.adapters_of(wildcards.dataset, each)),
            )
            for each, settings in signature.items()
            if each != stage
        }
        return hashlib.sha256(repr(sorted(before.items())).encode()).hexdigest()[:16]

    return upstream


def memory(megabytes):
    """Resources function: memory of a job, as much again with each attempt.

    Where a profile sets `retries`, a job that was ended because it needed more is sent again.
    """
    return lambda wildcards, attempt: megabytes * attempt


def identity_of(stage):
    """Params function: whose artefact it is, as JSON (workflow/sign2text/lineage/identity.py)."""

    @told
    def identity(wildcards):
        return identity_json(project, wildcards.dataset, wildcards.experiment, stage)

    return identity


def published_model(stage):
    """Input function: the manifest of the published model that `stage` starts from, if it does."""

    @told
    def find(wildcards):
        config = project.stage_config(wildcards.dataset, wildcards.experiment, stage)
        model = asked_for(config)
        return f"{place_of(*model)}/{MANIFEST}" if model else []

    return find


def model_settings(wildcards):
    """Params function: name and revision of the model of this folder, as JSON."""
    place = f"resources/models/{wildcards.model}/{wildcards.revision}"
    # One that nothing in config.yaml asks for can be fetched too, by its folder's name.
    name, revision = project.published_models().get(place) or model_at(place)
    return json.dumps({"name": name, "revision": revision})


def files_read(reader, name, *stages):
    """Input function: file `name` of those of `stages` that `reader` reads with its settings."""

    @told
    def find(wildcards):
        read = project.read_by(wildcards.dataset, wildcards.experiment, reader)
        return [stage_file(each, name)(wildcards) for each in stages if each in read]

    return find


@told
def bleurt_weights(wildcards):
    """Input function: weights of the BLEURT checkpoint where one is configured, else nothing."""
    config = project.stage_config(wildcards.dataset, wildcards.experiment, "score")
    return f"{config.bleurt}/model.safetensors" if config.bleurt else []


def optional(names):
    """Params function: command-line options of those inputs of the rule that are there."""

    def options(wildcards, input):
        given = [
            (f"--{name.replace('_', '-')}", str(getattr(input, name))) for name in names
        ]
        return " ".join(
            f"{option} {shlex.quote(path)}" for option, path in given if path
        )

    return options


def one_of(names):
    """Wildcard constraint: one of `names`, and nothing where there are none."""
    return "|".join(names) or "(?!)"


def signed_corpus(wildcards):
    """Input function: the other corpus whose sentences a rendered one signs, if it does."""
    source = project.sentences_of(wildcards.dataset)
    return f"resources/{source}/checksums.tsv" if source else []


def rendered_corpus(wildcards):
    """Input function: the hashes of a rendered corpus's files, which knows its landmarks."""
    if wildcards.dataset in project.datasets_of("avatar"):
        return f"resources/{wildcards.dataset}/checksums.tsv"
    return []


def landmarks_option(wildcards, input):
    """Params function: option with the folder of true landmarks, of corpora that have them."""
    if not input.corpus:
        return ""
    return f"--landmarks {shlex.quote(f'{Path(str(input.corpus)).parent}/landmarks')}"
