# Experiments of one data set side by side, with whether they differ by more than chance.
#
# Needs:  score of the experiments that config.yaml lists under `comparisons`
# Makes:  results/<data set>/comparisons/<name>/   compare.json compare.md compare.html
#                                                  sentences.tsv


rule compare:
    input:
        scores=scores_of(compared_runs),
        sentences=sentences_of(compared_runs),
    output:
        numbers="results/{dataset}/comparisons/{comparison}/compare.json",
        text="results/{dataset}/comparisons/{comparison}/compare.md",
        page=report(
            "results/{dataset}/comparisons/{comparison}/compare.html",
            caption="../workflow/report/compare.rst",
            category="Comparisons",
            labels={"data set": "{dataset}", "comparison": "{comparison}"},
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
        mem_mb=memory(4000),
        runtime=30,
    params:
        **params_of(
            "compare",
            "results/{dataset}/comparisons/{comparison}/compare",
            upstream=upstream_of_experiments(compared_runs),
            runs=runs_option,
        ),
    shell:
        command("compare", "{params.runs} --output {params.folder:q}")
