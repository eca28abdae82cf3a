# What a corpus's manifests say about it, before anything expensive is started.
#
# Needs:  make_manifest
# Makes:  results/<data set>/<owner>/check_corpus/   report.csv report.html
#         logs/<data set>/<owner>/check_corpus/      the same, of a corpus that cannot be used


rule check_corpus:
    input:
        train=stage_file("make_manifest", "train.tsv"),
        dev=stage_file("make_manifest", "dev.tsv"),
        test=stage_file("make_manifest", "test.tsv"),
        left_out=stage_file("make_manifest", "left_out.tsv"),
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
        settings=owned_settings_of("check_corpus"),
        code=code_of("check_corpus"),
        upstream=upstream_of("check_corpus"),
        folder="results/{dataset}/{experiment}/check_corpus",
        # Snakemake removes the outputs of a failed job, and then the report is wanted most.
        folder_if_bad="logs/{dataset}/{experiment}/check_corpus",
        provenance="results/{dataset}/{experiment}/check_corpus/check_corpus.provenance.json",
    shell:
        "python -m sign2text.stages.check_corpus "
        "--train {input.train:q} "
        "--dev {input.dev:q} "
        "--test {input.test:q} "
        "--left-out {input.left_out:q} "
        "--output {params.folder:q} --output-if-bad {params.folder_if_bad:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
