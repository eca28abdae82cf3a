# FLa-LLM: visual initialising and language-model fine-tuning.
#
# Needs:  sample_frames or extract_features, train_tokenizer, pretrain_frame_encoder,
#         pretrain_language_model
# Makes:  results/<data set>/<owner>/visual_init/, finetune_llm/   a translator with its tokenizer,
#                                                                  history.tsv


rule visual_init:
    input:
        **inputs_of("visual_init"),
    output:
        **files_of(
            "visual_init",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json",
        ),
    log:
        "logs/{dataset}/{experiment}/visual_init.log",
    benchmark:
        "logs/{dataset}/{experiment}/visual_init.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=32000, runtime=2880),
    params:
        **params_of("visual_init"),
    shell:
        command("visual_init", "--output {params.folder:q}")


rule finetune_llm:
    input:
        **inputs_of("finetune_llm"),
    output:
        **files_of(
            "finetune_llm",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json",
        ),
    log:
        "logs/{dataset}/{experiment}/finetune_llm.log",
    benchmark:
        "logs/{dataset}/{experiment}/finetune_llm.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=32000, runtime=2880),
    params:
        **params_of("finetune_llm"),
    shell:
        command("finetune_llm", "--output {params.folder:q}")
