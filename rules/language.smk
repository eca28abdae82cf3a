# Tokenizer and language model, from text alone.
#
# Needs:  results/<data set>/<owner>/make_manifest/; of a published language model its manifest
# Makes:  results/<data set>/<owner>/train_tokenizer/           tokenizer.json tokenizer_config.json
#                                                               coverage.tsv
#         results/<data set>/<owner>/pretrain_language_model/   config.json generation_config.json
#                                                               model.safetensors history.tsv


rule train_tokenizer:
    input:
        **inputs_of("train_tokenizer"),
    output:
        tokenizer="results/{dataset}/{experiment}/train_tokenizer/tokenizer.json",
        config="results/{dataset}/{experiment}/train_tokenizer/tokenizer_config.json",
        coverage="results/{dataset}/{experiment}/train_tokenizer/coverage.tsv",
    log:
        "logs/{dataset}/{experiment}/train_tokenizer.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_tokenizer.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        mem_mb=memory(8000),
        runtime=60,
    params:
        **params_of(
            "train_tokenizer",
        ),
    shell:
        command("train_tokenizer", "--output {params.folder:q}")


rule pretrain_language_model:
    input:
        **inputs_of("pretrain_language_model"),
    output:
        config="results/{dataset}/{experiment}/pretrain_language_model/config.json",
        generation_config="results/{dataset}/{experiment}/pretrain_language_model/generation_config.json",
        model="results/{dataset}/{experiment}/pretrain_language_model/model.safetensors",
        history="results/{dataset}/{experiment}/pretrain_language_model/history.tsv",
    log:
        "logs/{dataset}/{experiment}/pretrain_language_model.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_language_model.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=memory(16000),
        runtime=720,
    params:
        **params_of(
            "pretrain_language_model",
        ),
    shell:
        command("pretrain_language_model", "--output {params.folder:q}")
