# Scaling SLT: a translator of text, machine-translated captions, one model for several tasks.
#
# Needs:  make_captions, extract_landmarks, train_tokenizer, pretrain_language_model
# Makes:  results/<data set>/<owner>/pretrain_mt/         a translator of text, its tokenizer,
#                                                         history.tsv, mixture.tsv, examples.html
#         results/<data set>/<owner>/translate_captions/  machine-translated captions, train.tsv
#         results/<data set>/<owner>/pretrain_tasks/      a translator; files as of pretrain_mt
#         results/<data set>/<owner>/finetune_tasks/      the same files
#         results/<data set>/<owner>/score_alignment/     alignment.json, errors of captions' starts


rule pretrain_mt:
    input:
        **inputs_of("pretrain_mt"),
    output:
        **files_of(
            "pretrain_mt",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json "
            "mixture.tsv examples.html",
        ),
    log:
        "logs/{dataset}/{experiment}/pretrain_mt.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_mt.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=32000, runtime=2880),
    params:
        **params_of("pretrain_mt"),
    shell:
        command("pretrain_mt", "--output {params.folder:q}")


rule translate_captions:
    input:
        **inputs_of("translate_captions"),
    output:
        "results/{dataset}/{experiment}/translate_captions/train.tsv",
    log:
        "logs/{dataset}/{experiment}/translate_captions.log",
    benchmark:
        "logs/{dataset}/{experiment}/translate_captions.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=1440),
    params:
        **params_of("translate_captions"),
    shell:
        command("translate_captions", "--output {output:q}")


rule pretrain_tasks:
    input:
        **inputs_of("pretrain_tasks"),
    output:
        **files_of(
            "pretrain_tasks",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json "
            "mixture.tsv examples.html",
        ),
    log:
        "logs/{dataset}/{experiment}/pretrain_tasks.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_tasks.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=5760),
    params:
        **params_of("pretrain_tasks"),
    shell:
        command("pretrain_tasks", "--output {params.folder:q}")


rule finetune_tasks:
    input:
        **inputs_of("finetune_tasks"),
    output:
        **files_of(
            "finetune_tasks",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json "
            "mixture.tsv examples.html",
        ),
    log:
        "logs/{dataset}/{experiment}/finetune_tasks.log",
    benchmark:
        "logs/{dataset}/{experiment}/finetune_tasks.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=2880),
    params:
        **params_of("finetune_tasks"),
    shell:
        command("finetune_tasks", "--output {params.folder:q}")


rule score_alignment:
    input:
        **inputs_of("score_alignment"),
    output:
        "results/{dataset}/{experiment}/score_alignment/alignment.json",
    log:
        "logs/{dataset}/{experiment}/score_alignment.log",
    benchmark:
        "logs/{dataset}/{experiment}/score_alignment.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=720),
    params:
        **params_of("score_alignment"),
    shell:
        command("score_alignment", "--output {output:q}")
