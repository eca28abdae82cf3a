# From clips to hypotheses to scores. Every experiment has its own scores, even if it shares the
# rest. A target with a language is decoded and scored by the same stages.
#
# Needs:  the translator, its inputs for each clip, make_manifest; with a language make_captions
# Makes:  results/<data set>/<owner>/decode/<split>.tsv, <language>.<split>.tsv
#         results/<data set>/<experiment>.bleu, <experiment>/<language>.bleu
#         results/<data set>/<experiment>/score/   hypotheses.txt references.txt sentences.tsv; the
#                                                  same in the folder of each further language
#         results/<data set>/metrics/              <experiment>.json, <experiment>.<language>.json,
#                                                  for `dvc metrics`


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


use rule decode as decode_language with:
    output:
        "results/{dataset}/{experiment}/decode/{language}.{split}.tsv",
    log:
        "logs/{dataset}/{experiment}/decode/{language}.{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/decode/{language}.{split}.benchmark.tsv"
    params:
        **params_of("decode", "results/{dataset}/{experiment}/decode/decode.{language}.{split}"),


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


use rule score as score_language with:
    output:
        scores="results/{dataset}/{experiment}/{language}.bleu",
        hypotheses="results/{dataset}/{experiment}/score/{language}/hypotheses.txt",
        references="results/{dataset}/{experiment}/score/{language}/references.txt",
        sentences="results/{dataset}/{experiment}/score/{language}/sentences.tsv",
        metrics="results/{dataset}/metrics/{experiment}.{language}.json",
    log:
        "logs/{dataset}/{experiment}/score.{language}.log",
    benchmark:
        "logs/{dataset}/{experiment}/score.{language}.benchmark.tsv"
    params:
        **params_of(
            "score",
            "results/{dataset}/{experiment}/{language}",
            shared=False,
            texts="results/{dataset}/{experiment}/score/{language}",
        ),
