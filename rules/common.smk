# What all rules share: wildcards, and where a stage's files, settings and code come from.
#
# Needs:  project (Snakefile)
# Makes:  nothing
import hashlib
import json
import shlex

from sign2text.listings import compared, rows_of, rows_of_paper
from sign2text.part_trainings import part_trainings
from sign2text.scoring.beside import TIMED
from sign2text.scoring.papers import PAPERS
from sign2text.scoring.published_numbers import published_tables, tables_of
from sign2text.stages.report_training import TRAININGS


wildcard_constraints:
    comparison=r"[a-z0-9][a-z0-9_-]*",
    dataset=r"[a-z0-9][a-z0-9_-]*",
    experiment=r"[a-z0-9][a-z0-9_-]*",
    paper="|".join(PAPERS),
    split="train|dev|test",
    # Not the name of a paper alone: that is the page of all its tables.
    table=rf"(?!({'|'.join(PAPERS)})\.)[a-z0-9][a-z0-9_-]*",


def stage_file(stage, name):
    """Input function: file `name` of `stage`, in the folder of the experiment that owns it."""

    def find(wildcards):
        try:
            owner = project.owner(wildcards.dataset, wildcards.experiment, stage)
        except InputError as error:
            raise WorkflowError(str(error))
        return f"results/{wildcards.dataset}/{owner}/{stage}/{name.format(**wildcards)}"

    return find


def settings_of(stage):
    """Params function: what differs from the defaults of `stage`, as JSON."""

    def settings(wildcards):
        experiment = getattr(wildcards, "experiment", "common")
        try:
            return project.settings_json(wildcards.dataset, experiment, stage)
        except InputError as error:
            raise WorkflowError(str(error))

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

    It hangs on the job's resources, so another number of them makes nothing out of date.
    """
    if resources.gpu < 2:
        return "python -m"
    # Two minutes to save a large state when it is ended. Without `--` torchrun would take --log for
    # an option of its own.
    torchrun = "python -m torch.distributed.run --standalone --shutdown-timeout 120"
    return f"{torchrun} --nproc-per-node {resources.gpu} -m --"


def code_of(stage):
    """Params function: hash of the modules that `stage` uses (workflow/sign2text/provenance.py)."""
    return lambda wildcards: code_hash(
        stage,
        adapters=project.adapters_of(getattr(wildcards, "dataset", None), stage),
    )


def upstream_of(stage):
    """Params function: hash of settings and code of all stages before `stage`.

    When a stage that runs again is ended, its old output is gone and so is what Snakemake knew of
    it. Without this, what was made from that output would pass for up to date.
    """

    def upstream(wildcards):
        try:
            signature = project.signature(
                wildcards.dataset, wildcards.experiment, stage
            )
        except InputError as error:
            raise WorkflowError(str(error))
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
    """Params function: whose artefact it is, as JSON (workflow/sign2text/identity.py)."""

    def identity(wildcards):
        try:
            return identity_json(
                project, wildcards.dataset, wildcards.experiment, stage
            )
        except InputError as error:
            raise WorkflowError(str(error))

    return identity


def upstream_of_experiments(find):
    """Params function: hash of settings and code of all that scores are made with.

    For the stages that read the scores of several experiments: `find` gives their names, from the
    wildcards.
    """

    def upstream(wildcards):
        before = {}
        for experiment in find(wildcards):
            try:
                signature = project.signature(wildcards.dataset, experiment, "score")
            except InputError as error:
                raise WorkflowError(str(error))
            before[experiment] = sorted(
                (each, settings, code_of(each)(wildcards))
                for each, settings in signature.items()
            )
        return hashlib.sha256(repr(sorted(before.items())).encode()).hexdigest()[:16]

    return upstream


def scores_of(find):
    """Input function: the score files of the experiments that `find` names."""
    return lambda wildcards: [
        f"results/{wildcards.dataset}/{name}.bleu" for name in find(wildcards)
    ]


def sentences_of(find):
    """Input function: the scored sentences of the experiments that `find` names."""
    return lambda wildcards: [
        f"results/{wildcards.dataset}/{name}/score/sentences.tsv"
        for name in find(wildcards)
    ]


def table_rows(wildcards):
    """The experiments that stand beside a published table, by row."""
    try:
        return rows_of(project.tables, wildcards.table)
    except InputError as error:
        raise WorkflowError(str(error))


def table_experiments(wildcards):
    """The experiments that stand beside a published table, each once."""
    listed = (name for names in table_rows(wildcards).values() for name in names)
    return list(dict.fromkeys(listed))


def table_files(wildcards):
    """Params function: the score files by row, as JSON."""
    files = {
        row: [f"results/{wildcards.dataset}/{name}.bleu" for name in names]
        for row, names in table_rows(wildcards).items()
    }
    return json.dumps(files, separators=(",", ":"), ensure_ascii=False)


def published_hash(wildcards):
    """Params function: hash of the published numbers of a table."""
    return published_tables()[wildcards.table].hash


def paper_experiments(wildcards):
    """The experiments that stand beside any table of a paper, each once."""
    listed = rows_of_paper(project.tables, wildcards.paper).values()
    names = (name for rows in listed for several in rows.values() for name in several)
    return list(dict.fromkeys(names))


def paper_rows(wildcards):
    """Params function: the experiments by table and row of a paper, as JSON."""
    rows = rows_of_paper(project.tables, wildcards.paper)
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def paper_hash(wildcards):
    """Params function: hash of the published numbers of all tables of a paper."""
    hashes = [table.hash for table in tables_of(wildcards.paper).values()]
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()[:16]


def timed_option(find, tables):
    """Params function: options that say of which stages tables with hours have the times.

    They are read from benchmark files or provenance, no inputs. `find` gives the experiments'
    names, `tables` those of the published tables, both from the wildcards.
    """

    def option(wildcards):
        published = [published_tables()[name] for name in tables(wildcards)]
        if not any("hours" in table.columns for table in published):
            return ""
        folder = f"results/{wildcards.dataset}"
        places = {
            f"{folder}/{name}.bleu": f"{project.owner(wildcards.dataset, name, TIMED)}/{TIMED}"
            for name in find(wildcards)
            if project.has_stage(name, TIMED)
        }
        said = json.dumps(places, separators=(",", ":"), sort_keys=True)
        return f"--logs logs/{wildcards.dataset} --timed {shlex.quote(said)}"

    return option


def published_model(stage):
    """Input function: the manifest of the published model that `stage` starts from, if it does."""

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

    def find(wildcards):
        try:
            read = project.read_by(wildcards.dataset, wildcards.experiment, reader)
        except InputError as error:
            raise WorkflowError(str(error))
        return [stage_file(each, name)(wildcards) for each in stages if each in read]

    return find


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
        return " ".join(f"{option} {path}" for option, path in given if path)

    return options


def one_of(names):
    """Wildcard constraint: one of `names`, and nothing where there are none."""
    return "|".join(names) or "(?!)"


def compared_members(wildcards):
    """The runs of each member of a comparison of config.yaml, the baseline first."""
    try:
        return compared(project.comparisons, wildcards.comparison)
    except InputError as error:
        raise WorkflowError(str(error))


def compared_experiments(wildcards):
    """The first run of each member: what is looked at clip by clip."""
    return [runs[0] for runs in compared_members(wildcards)]


def compared_runs(wildcards):
    """All runs of all members, those of one behind each other."""
    return [name for runs in compared_members(wildcards) for name in runs]


def runs_option(wildcards):
    """Params function: option with the number of runs of each member, where one has several."""
    counts = [len(runs) for runs in compared_members(wildcards)]
    return f"--runs {' '.join(map(str, counts))}" if max(counts) > 1 else ""


def compared_manifest(wildcards):
    """Input function: manifest of the clips that a comparison's baseline was scored on.

    It names the videos and changes with the corpus, so it stands for them.
    """
    baseline = compared_experiments(wildcards)[0]
    try:
        owner = project.owner(wildcards.dataset, baseline, "make_manifest")
    except InputError as error:
        raise WorkflowError(str(error))
    return f"results/{wildcards.dataset}/{owner}/make_manifest/test.tsv"


def histories(wildcards):
    """Input function: what each training behind the experiment's score wrote down."""
    try:
        used = project.signature(wildcards.dataset, wildcards.experiment, "score")
    except InputError as error:
        raise WorkflowError(str(error))
    return [
        stage_file(stage, "history.tsv")(wildcards)
        for stage in TRAININGS
        if stage in used
    ]


def compared_trainings(wildcards):
    """The trainings of a comparison's experiments that write down norms, by experiment."""
    try:
        return part_trainings(
            project, wildcards.dataset, compared_experiments(wildcards)
        )
    except InputError as error:
        raise WorkflowError(str(error))


def trained_files(name):
    """Input function: file `name` of each of these trainings, each once."""

    def find(wildcards):
        listed = compared_trainings(wildcards).values()
        places = dict.fromkeys(place for said in listed for place in said["trainings"])
        return [f"results/{wildcards.dataset}/{place}/{name}" for place in places]

    return find


def trainings_option(wildcards):
    """Params function: these trainings as JSON."""
    return json.dumps(compared_trainings(wildcards), separators=(",", ":"))


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
    return (
        f"--landmarks {Path(str(input.corpus)).parent}/landmarks"
        if input.corpus
        else ""
    )
