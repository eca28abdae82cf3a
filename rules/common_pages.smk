# What the rules of comparisons, published tables and training pages share: thin functions over
# workflow/sign2text/pages/inputs.py, which knows what these pages read and where it lies.
#
# Needs:  project (Snakefile), rules/common.smk
# Makes:  nothing
from sign2text.pages import inputs as pages
from sign2text.pages.inputs import PageInputs


def of_page(ask):
    """Input or params function: what `ask` says, given the data set's inputs and the wildcards."""
    return reported(lambda wildcards: ask(PageInputs(project, wildcards.dataset), wildcards))


def upstream_of_experiments(find, methods=False):
    """Params function: hash of settings and code of all that scores are made with.

    For the stages that read the scores of several experiments: `find` gives their names, from the
    wildcards. With `methods`, for pages that show what the experiments' methods say.
    """
    return of_page(lambda page, wildcards: page.upstream(find(wildcards), methods=methods))


def scores_of(find):
    """Input function: the score files of the experiments that `find` names."""
    return of_page(lambda page, wildcards: page.scores(find(wildcards)))


def sentences_of(find):
    """Input function: the scored sentences of the experiments that `find` names."""
    return of_page(lambda page, wildcards: page.sentences(find(wildcards)))


compared_experiments = of_page(lambda page, w: page.first_runs(w.comparison))
compared_runs = of_page(lambda page, w: page.all_runs(w.comparison))
runs_option = of_page(lambda page, w: page.runs_option(w.comparison))
compared_manifest = of_page(lambda page, w: page.manifest(w.comparison))

histories = of_page(lambda page, w: page.histories(w.experiment))
trainings_option = of_page(lambda page, w: pages.compact_json(page.trainings(w.comparison)))

table_experiments = of_page(lambda page, w: pages.each_once(page.rows(w.table)))
table_files = of_page(lambda page, w: pages.compact_json(page.row_files(w.table)))
paper_experiments = of_page(lambda page, w: pages.each_once_of_tables(page.paper_rows(w.paper)))
paper_rows = of_page(lambda page, w: pages.compact_json(page.paper_rows(w.paper)))


def trained_files(name):
    """Input function: file `name` of each training of a comparison that writes down norms."""
    return of_page(lambda page, wildcards: page.trained(wildcards.comparison, name))


def timed_option(find, tables):
    """Params function: options that say of which stages tables with hours have the times.

    `find` gives the experiments' names, `tables` those of the tables, both from the wildcards.
    """
    return of_page(lambda page, wildcards: page.timed_option(tables(wildcards), find(wildcards)))


def published_hash(wildcards):
    """Params function: hash of the published numbers of a table."""
    return pages.table_hash(wildcards.table)


def paper_hash(wildcards):
    """Params function: hash of the published numbers of all tables of a paper."""
    return pages.paper_hash(wildcards.paper)
