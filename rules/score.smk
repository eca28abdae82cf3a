# From clips to hypotheses to scores. Every experiment has its own scores, even if it shares the
# rest.
#
# Needs:  the translator, its inputs for each clip, make_manifest
# Makes:  results/<data set>/<owner>/decode/<split>.tsv
#         results/<data set>/<experiment>.bleu
#         results/<data set>/<experiment>/score/   hypotheses.txt references.txt sentences.tsv
#         results/<data set>/metrics/              <experiment>.json, for `dvc metrics`


rule decode:
    input:
        **inputs_of("decode"),
    output:
        "results/{dataset}/{experiment}/decode/{split}.tsv",
    log:
        "logs/{dataset}/{experiment}/decode/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/decode/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("decode"),
    shell:
        command("decode", "--output {output:q}")


rule score:
    input:
        **inputs_of("score"),
    output:
        scores="results/{dataset}/{experiment}.bleu",
        hypotheses="results/{dataset}/{experiment}/score/hypotheses.txt",
        references="results/{dataset}/{experiment}/score/references.txt",
        sentences="results/{dataset}/{experiment}/score/sentences.tsv",
        # All experiments' metrics share a folder, because dvc.yaml can name folders, not patterns.
        metrics="results/{dataset}/metrics/{experiment}.json",
    log:
        "logs/{dataset}/{experiment}/score.log",
    benchmark:
        "logs/{dataset}/{experiment}/score.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 2
    resources:
        gpu=lambda wildcards, input: 1 if input.bleurt else 0,
        mem_mb=lambda wildcards, input, attempt: attempt * (16000 if input.bleurt else 4000),
        runtime=60,
    params:
        **params_of(
            "score",
            "results/{dataset}/{experiment}",
            shared=False,
            texts="results/{dataset}/{experiment}/score",
        ),
    shell:
        command(
            "score",
            "--texts {params.texts:q} --output {output.scores:q} --output-metrics {output.metrics:q}",
        )
