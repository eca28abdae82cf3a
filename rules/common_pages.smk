# Shared by the rules of comparisons, published tables and training pages: thin functions over
# workflow/sign2text/pages/inputs.py, which finds the inputs of these pages.
#
# Needs:  project (Snakefile), rules/common.smk
# Makes:  nothing
from sign2text.pages import inputs as pages
from sign2text.pages.inputs import PageInputs


def of_page(ask):
    """Input or params function: result of `ask` for the data set's inputs and the wildcards."""
    return reported(lambda wildcards: ask(PageInputs(project, wildcards.dataset), wildcards))


def upstream_of_experiments(find, methods=False):
    """Params function: hash of settings and code of all stages behind the scores.

    For stages that read the scores of several experiments: `find` returns the experiments' names
    from the wildcards. Pages that show information from the experiments' methods set `methods`.
    """
    return of_page(lambda page, wildcards: page.upstream(find(wildcards), methods=methods))


def scores_of(find):
    """Input function: score files of the experiments that `find` names."""
    return of_page(lambda page, wildcards: page.scores(find(wildcards)))


def sentences_of(find):
    """Input function: scored sentences of the experiments that `find` names."""
    return of_page(lambda page, wildcards: page.sentences(find(wildcards)))


compared_experiments = of_page(lambda page, w: page.first_runs(w.comparison))
compared_runs = of_page(lambda page, w: page.all_runs(w.comparison))
runs_option = of_page(lambda page, w: page.runs_option(w.comparison))
compared_manifest = of_page(lambda page, w: page.manifest(w.comparison))

histories = of_page(lambda page, w: page.histories(w.experiment))
trainings_option = of_page(lambda page, w: pages.compact_json(page.trainings(w.comparison)))

table_experiments = of_page(lambda page, w: pages.each_once(page.scored_rows(w.table)))
table_files = of_page(lambda page, w: pages.compact_json(page.row_files(w.table)))
paper_experiments = of_page(lambda page, w: pages.each_once_of_tables(page.paper_rows(w.paper)))
paper_rows = of_page(lambda page, w: pages.compact_json(page.paper_rows(w.paper)))


def measured_tables(page, wildcards):
    """Measurements for the table, or for the tables of the paper, that a rule makes, by table."""
    if hasattr(wildcards, "paper"):
        return page.paper_measured(wildcards.paper)
    return {wildcards.table: page.measured(wildcards.table)}


def upstream_of_tables(find):
    """Params function: hash of settings and code behind the scores and measurements of tables."""
    return of_page(
        lambda page, wildcards: page.table_upstream(
            find(wildcards), measured_tables(page, wildcards)
        )
    )


measured_files = of_page(lambda page, w: pages.measured_paths(measured_tables(page, w)))
table_measured = of_page(lambda page, w: pages.measured_option(page.measured(w.table)))
paper_measured = of_page(lambda page, w: pages.measured_option(page.paper_measured(w.paper)))


def trained_files(name):
    """Input function: file `name` of each training in a comparison that records norms."""
    return of_page(lambda page, wildcards: page.trained(wildcards.comparison, name))


def timed_option(find, tables):
    """Params function: options that name the stages behind the hours in tables.

    `find` returns the experiments' names and `tables` the tables' names, both from the wildcards.
    """
    return of_page(lambda page, wildcards: page.timed_option(tables(wildcards), find(wildcards)))


def published_hash(wildcards):
    """Params function: hash of the published numbers of a table."""
    return pages.table_hash(wildcards.table)


def paper_hash(wildcards):
    """Params function: hash of the published numbers of all tables of a paper."""
    return pages.paper_hash(wildcards.paper)
