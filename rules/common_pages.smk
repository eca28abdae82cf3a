# What the rules of comparisons, published tables and training pages share: which experiments and
# trainings they read, and where these lie.
#
# Needs:  project (Snakefile), rules/common.smk
# Makes:  nothing
import hashlib
import json
import shlex

from sign2text.config.listings import compared, rows_of, rows_of_paper
from sign2text.lineage.part_trainings import part_trainings
from sign2text.comparing.paper_table import TIMED
from sign2text.papers.published_numbers import published_tables, tables_of
from sign2text.stages.report_training import TRAININGS


def upstream_of_experiments(find):
    """Params function: hash of settings and code of all that scores are made with.

    For the stages that read the scores of several experiments: `find` gives their names, from the
    wildcards.
    """

    @told
    def upstream(wildcards):
        before = {}
        for experiment in find(wildcards):
            whole = project.settings_json(wildcards.dataset, experiment, "score")
            code = project.code(wildcards.dataset, experiment, "score")
            upstream = of_stages.before(wildcards.dataset, experiment, "score")
            before[experiment] = [("score", whole, code), *upstream]
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


@told
def compared_members(wildcards):
    """The runs of each member of a comparison of config.yaml, the baseline first."""
    return compared(project.comparisons, wildcards.comparison)


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


@told
def compared_manifest(wildcards):
    """Input function: manifest of the clips that a comparison's baseline was scored on.

    It names the videos and changes with the corpus, so it stands for them.
    """
    baseline = compared_experiments(wildcards)[0]
    owner = project.owner(wildcards.dataset, baseline, "make_manifest")
    return f"results/{wildcards.dataset}/{owner}/make_manifest/test.tsv"


@told
def table_rows(wildcards):
    """The experiments that stand beside a published table, by row."""
    return rows_of(project.tables, wildcards.table)


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

    @told
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


@told
def histories(wildcards):
    """Input function: what each training behind the experiment's score wrote down."""
    signature = project.signature(wildcards.dataset, wildcards.experiment, "score")
    used = {stage for _, stage in signature}
    return [
        stage_file(stage, "history.tsv")(wildcards)
        for stage in TRAININGS
        if stage in used
    ]


@told
def compared_trainings(wildcards):
    """The trainings of a comparison's experiments that write down norms, by experiment."""
    return part_trainings(project, wildcards.dataset, compared_experiments(wildcards))


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
