# Captions in all written languages, long clips that join several, and parallel text.
#
# Needs:  make_manifest, resources/<data set>/
# Makes:  results/<data set>/<owner>/make_captions/   <split>.tsv joined.<split>.tsv
#                                                     parallel.train.tsv parallel.dev.tsv
#                                                     languages.json


rule make_captions:
    input:
        **inputs_of("make_captions"),
    output:
        train="results/{dataset}/{experiment}/make_captions/train.tsv",
        dev="results/{dataset}/{experiment}/make_captions/dev.tsv",
        test="results/{dataset}/{experiment}/make_captions/test.tsv",
        joined_train="results/{dataset}/{experiment}/make_captions/joined.train.tsv",
        joined_dev="results/{dataset}/{experiment}/make_captions/joined.dev.tsv",
        joined_test="results/{dataset}/{experiment}/make_captions/joined.test.tsv",
        parallel_train="results/{dataset}/{experiment}/make_captions/parallel.train.tsv",
        parallel_dev="results/{dataset}/{experiment}/make_captions/parallel.dev.tsv",
        languages="results/{dataset}/{experiment}/make_captions/languages.json",
    log:
        "logs/{dataset}/{experiment}/make_captions.log",
    benchmark:
        "logs/{dataset}/{experiment}/make_captions.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        **params_of("make_captions"),
    shell:
        command("make_captions", "--output {params.folder:q}")
