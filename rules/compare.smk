# Comparison of experiments on one data set: do they differ by more than chance, clip by clip?
#
# Needs:  score of the experiments that config.yaml lists under `comparisons`, make_manifest
# Makes:  results/<data set>/comparisons/<name>/   compare.json compare.md compare.html
#                                                  sentences.tsv translations.html


rule compare:
    input:
        scores=scores_of(compared_runs),
        sentences=sentences_of(compared_runs),
    output:
        numbers="results/{dataset}/comparisons/{comparison}/compare.json",
        text="results/{dataset}/comparisons/{comparison}/compare.md",
        page=shown(
            "results/{dataset}/comparisons/{comparison}/compare.html",
            "compare",
            "Comparisons",
            comparison="{comparison}",
        ),
        sentences="results/{dataset}/comparisons/{comparison}/sentences.tsv",
    log:
        "logs/{dataset}/comparisons/{comparison}/compare.log",
    benchmark:
        "logs/{dataset}/comparisons/{comparison}/compare.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=30),
    params:
        **params_of(
            "compare",
            "results/{dataset}/comparisons/{comparison}/compare",
            upstream=upstream_of_experiments(compared_runs),
            runs=runs_option,
        ),
    shell:
        command("compare", "{params.runs} --output {params.folder:q}")


rule report_translations:
    input:
        scores=scores_of(compared_experiments),
        sentences=sentences_of(compared_experiments),
        manifest=compared_manifest,
    output:
        shown(
            "results/{dataset}/comparisons/{comparison}/translations.html",
            "translations",
            "Translations",
            comparison="{comparison}",
        ),
    log:
        "logs/{dataset}/comparisons/{comparison}/report_translations.log",
    benchmark:
        "logs/{dataset}/comparisons/{comparison}/report_translations.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(mem_mb=4000, runtime=60),
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
