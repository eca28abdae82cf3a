# Pages for people, over several experiments.
#
# Needs:  score of each experiment of a comparison, make_manifest
# Makes:  results/<data set>/comparisons/<name>/translations.html


rule report_translations:
    input:
        scores=scores_of(compared_experiments),
        sentences=sentences_of(compared_experiments),
        manifest=compared_manifest,
    output:
        report(
            "results/{dataset}/comparisons/{comparison}/translations.html",
            caption="../workflow/report/translations.rst",
            category="Translations",
            labels={"data set": "{dataset}", "comparison": "{comparison}"},
        ),
    log:
        "logs/{dataset}/comparisons/{comparison}/report_translations.log",
    benchmark:
        "logs/{dataset}/comparisons/{comparison}/report_translations.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        mem_mb=memory(4000),
        runtime=60,
    params:
        **params_of(
            "report_translations",
            "results/{dataset}/comparisons/{comparison}/report_translations",
            upstream=upstream_of_experiments(compared_experiments),
            runs=runs_option,
        ),
    shell:
        command(
            "report_translations",
            "--name {wildcards.comparison:q} {params.runs} --output {output:q}",
        )
