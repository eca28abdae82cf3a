# What a corpus's manifests say about it, before anything expensive is started.
#
# Needs:  make_manifest
# Makes:  results/<data set>/<owner>/check_corpus/   report.csv report.html
#         logs/<data set>/<owner>/check_corpus/      the same, of a corpus that cannot be used


rule check_corpus:
    input:
        **inputs_of("check_corpus"),
    output:
        table="results/{dataset}/{experiment}/check_corpus/report.csv",
        page=report(
            "results/{dataset}/{experiment}/check_corpus/report.html",
            caption="../workflow/report/check_corpus.rst",
            category="Corpora",
            labels={"data set": "{dataset}"},
        ),
    log:
        "logs/{dataset}/{experiment}/check_corpus.log",
    benchmark:
        "logs/{dataset}/{experiment}/check_corpus.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=30,
    params:
        **params_of(
            "check_corpus",
            # Snakemake removes the outputs of a failed job, and then the report is wanted most.
            folder_if_bad="logs/{dataset}/{experiment}/check_corpus",
        ),
    shell:
        command(
            "check_corpus",
            "--output {params.folder:q} --output-if-bad {params.folder_if_bad:q}",
        )
