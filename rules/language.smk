# Tokenizer and language model, from text alone.
#
# Needs:  results/<data set>/<owner>/make_manifest/; of a published language model its manifest
# Makes:  results/<data set>/<owner>/train_tokenizer/           tokenizer.json tokenizer_config.json
#                                                               coverage.tsv
#         results/<data set>/<owner>/pretrain_language_model/   config.json generation_config.json
#                                                               model.safetensors history.tsv


rule train_tokenizer:
    input:
        train_manifest=stage_file("make_manifest", "train.tsv"),
        # Of dev and test it is only counted what the tokenizer can write.
        dev_manifest=stage_file("make_manifest", "dev.tsv"),
        test_manifest=stage_file("make_manifest", "test.tsv"),
        monolingual=stage_file("make_manifest", "monolingual.txt"),
        published=published_model("train_tokenizer"),
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
        settings=owned_settings_of("train_tokenizer"),
        code=code_of("train_tokenizer"),
        upstream=upstream_of("train_tokenizer"),
        folder="results/{dataset}/{experiment}/train_tokenizer",
        published=optional(["published"]),
        provenance="results/{dataset}/{experiment}/train_tokenizer/train_tokenizer.provenance.json",
    shell:
        "python -m sign2text.stages.train_tokenizer "
        "--train-manifest {input.train_manifest:q} "
        "--dev-manifest {input.dev_manifest:q} "
        "--test-manifest {input.test_manifest:q} "
        "--monolingual {input.monolingual:q} {params.published} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule pretrain_language_model:
    input:
        monolingual=stage_file("make_manifest", "monolingual.txt"),
        tokenizer=stage_file("train_tokenizer", "tokenizer.json"),
        published=published_model("pretrain_language_model"),
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
        settings=owned_settings_of("pretrain_language_model"),
        code=code_of("pretrain_language_model"),
        upstream=upstream_of("pretrain_language_model"),
        folder="results/{dataset}/{experiment}/pretrain_language_model",
        python=python_of,
        published=optional(["published"]),
        provenance="results/{dataset}/{experiment}/pretrain_language_model/pretrain_language_model.provenance.json",
    shell:
        "{params.python} sign2text.stages.pretrain_language_model --threads {threads} "
        "--monolingual {input.monolingual:q} "
        "--tokenizer {input.tokenizer:q} {params.published} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
