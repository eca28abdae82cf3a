# Tokenizer, language model and frame encoder, and the encoders' features of every clip.
#
# Needs:  make_manifest, sample_frames; manifests of published models
# Makes:  results/<data set>/<owner>/train_tokenizer/          tokenizer.json tokenizer_config.json
#                                                              coverage.tsv
#         results/<data set>/<owner>/pretrain_language_model/  a model, history.tsv
#         results/<data set>/<owner>/pretrain_frame_encoder/   a model, history.tsv
#         results/<data set>/<owner>/encode_frames/            <split>.safetensors
#         results/<data set>/<owner>/extract_features/         <split>.safetensors


rule train_tokenizer:
    input:
        **inputs_of("train_tokenizer"),
    output:
        **files_of("train_tokenizer", "tokenizer.json tokenizer_config.json coverage.tsv"),
    log:
        "logs/{dataset}/{experiment}/train_tokenizer.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_tokenizer.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=8000, runtime=60),
    params:
        **params_of("train_tokenizer"),
    shell:
        command("train_tokenizer", "--output {params.folder:q}")


rule pretrain_language_model:
    input:
        **inputs_of("pretrain_language_model"),
    output:
        **files_of(
            "pretrain_language_model",
            "config.json generation_config.json model.safetensors history.tsv",
        ),
    log:
        "logs/{dataset}/{experiment}/pretrain_language_model.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_language_model.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("pretrain_language_model"),
    shell:
        command("pretrain_language_model", "--output {params.folder:q}")


rule pretrain_frame_encoder:
    input:
        **inputs_of("pretrain_frame_encoder"),
    output:
        **files_of("pretrain_frame_encoder", "config.json model.safetensors history.tsv"),
    log:
        "logs/{dataset}/{experiment}/pretrain_frame_encoder.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_frame_encoder.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("pretrain_frame_encoder"),
    shell:
        command("pretrain_frame_encoder", "--output {params.folder:q}")


rule encode_frames:
    input:
        **inputs_of("encode_frames"),
    output:
        "results/{dataset}/{experiment}/encode_frames/{split}.safetensors",
    log:
        "logs/{dataset}/{experiment}/encode_frames/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/encode_frames/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("encode_frames"),
    shell:
        command("encode_frames", "--output {output:q}")


rule extract_features:
    input:
        **inputs_of("extract_features"),
    output:
        "results/{dataset}/{experiment}/extract_features/{split}.safetensors",
    log:
        "logs/{dataset}/{experiment}/extract_features/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/extract_features/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("extract_features"),
    shell:
        command("extract_features", "--output {output:q}")
