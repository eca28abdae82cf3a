# Published tables with our results: single tables, and all tables of a paper on one page.
#
# Needs:  score, or what their methods measure, of the experiments that config.yaml lists under
#         `tables`
# Makes:  results/<data set>/tables/<paper>_<table>.csv, .md, .html
#         results/<data set>/tables/<paper>.csv, .md, .html
#         <paper>_<data set>   the page of all of a paper's tables, and the pages of its figures
from sign2text.papers.published_numbers import tables_of


rule tabulate:
    input:
        scores=scores_of(table_experiments),
        measured=measured_files,
    output:
        table="results/{dataset}/tables/{table}.csv",
        text="results/{dataset}/tables/{table}.md",
        page=shown("results/{dataset}/tables/{table}.html", "tabulate", "Tables", table="{table}"),
    log:
        "logs/{dataset}/tables/{table}.log",
    benchmark:
        "logs/{dataset}/tables/{table}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=15),
    params:
        **params_of(
            "tabulate",
            "results/{dataset}/tables/{table}",
            upstream=upstream_of_tables(table_experiments),
            rows=table_files,
            measured=table_measured,
            published=published_hash,
            timed=timed_option(table_experiments, lambda wildcards: [wildcards.table]),
        ),
    shell:
        command(
            "tabulate",
            "--table {wildcards.table:q} --data-set {wildcards.dataset:q} --rows {params.rows:q} {params.measured} {params.timed} --output {output.table:q}",
        )


rule summarise:
    input:
        scores=scores_of(paper_experiments),
        sentences=sentences_of(paper_experiments),
        measured=measured_files,
    output:
        table="results/{dataset}/tables/{paper}.csv",
        text="results/{dataset}/tables/{paper}.md",
        page=shown(
            "results/{dataset}/tables/{paper}.html", "summarise", "Tables", table="{paper}, all"
        ),
    log:
        "logs/{dataset}/tables/{paper}.log",
    benchmark:
        "logs/{dataset}/tables/{paper}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        **params_of(
            "summarise",
            "results/{dataset}/tables/{paper}",
            upstream=upstream_of_tables(paper_experiments),
            rows=paper_rows,
            measured=paper_measured,
            folder="results/{dataset}",
            published=paper_hash,
            timed=timed_option(paper_experiments, lambda wildcards: tables_of(wildcards.paper)),
        ),
    shell:
        command(
            "summarise",
            "--paper {wildcards.paper:q} --data-set {wildcards.dataset:q} --results {params.folder:q} --rows {params.rows:q} {params.measured} {params.timed} --output {output.table:q}",
        )


for paper in PAPERS:
    for dataset in project.datasets:

        rule:
            name:
                f"{paper}_{dataset}"
            input:
                PageInputs(project, dataset).paper_pages(paper),
