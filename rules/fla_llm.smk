# FLa-LLM: visual initialising, feature extraction, language-model fine-tuning.
#
# Needs:  sample_frames, make_manifest, train_tokenizer, pretrain_frame_encoder, encode_frames (of
#         a frame encoder that stays frozen), pretrain_language_model
# Makes:  results/<data set>/<owner>/visual_init/        config.json model.safetensors history.tsv
#                                                        tokenizer.json tokenizer_config.json
#         results/<data set>/<owner>/extract_features/   <split>.safetensors
#         results/<data set>/<owner>/finetune_llm/       config.json model.safetensors history.tsv
#                                                        tokenizer.json tokenizer_config.json
#
# A frame store may be many gigabytes: its index holds the content's hash and stands for it.


rule visual_init:
    input:
        **inputs_of("visual_init"),
    output:
        config="results/{dataset}/{experiment}/visual_init/config.json",
        model="results/{dataset}/{experiment}/visual_init/model.safetensors",
        history="results/{dataset}/{experiment}/visual_init/history.tsv",
        tokenizer="results/{dataset}/{experiment}/visual_init/tokenizer.json",
        tokenizer_config="results/{dataset}/{experiment}/visual_init/tokenizer_config.json",
    log:
        "logs/{dataset}/{experiment}/visual_init.log",
    benchmark:
        "logs/{dataset}/{experiment}/visual_init.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=memory(32000),
        runtime=2880,
    params:
        **params_of(
            "visual_init",
        ),
    shell:
        command("visual_init", "--output {params.folder:q}")


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
        gpu=1,
        mem_mb=memory(16000),
        runtime=720,
    params:
        **params_of(
            "extract_features",
        ),
    shell:
        command("extract_features", "--output {output:q}")


rule finetune_llm:
    input:
        **inputs_of("finetune_llm"),
    output:
        config="results/{dataset}/{experiment}/finetune_llm/config.json",
        model="results/{dataset}/{experiment}/finetune_llm/model.safetensors",
        history="results/{dataset}/{experiment}/finetune_llm/history.tsv",
        tokenizer="results/{dataset}/{experiment}/finetune_llm/tokenizer.json",
        tokenizer_config="results/{dataset}/{experiment}/finetune_llm/tokenizer_config.json",
    log:
        "logs/{dataset}/{experiment}/finetune_llm.log",
    benchmark:
        "logs/{dataset}/{experiment}/finetune_llm.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=memory(32000),
        runtime=2880,
    params:
        **params_of(
            "finetune_llm",
        ),
    shell:
        command("finetune_llm", "--output {params.folder:q}")
