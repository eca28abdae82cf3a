# MMTLB: S3D pretrained on classes, a recogniser and a translator of glosses, and a joint model.
#
# Needs:  make_manifest, sample_frames, train_tokenizer, pretrain_language_model, extract_features
# Makes:  results/<data set>/<owner>/pretrain_s3d/        a classifier, history.tsv, accuracy.json
#         results/<data set>/<owner>/train_sign2gloss/    the recogniser, history.tsv
#         results/<data set>/<owner>/recognise_glosses/   glosses of each clip, {split}.tsv
#         results/<data set>/<owner>/train_gloss2text/    a translator with its tokenizer, history.tsv
#         results/<data set>/<owner>/train_sign2text/     the same files, for a model with S3D


rule pretrain_s3d:
    input:
        **inputs_of("pretrain_s3d"),
    output:
        **files_of("pretrain_s3d", "config.json model.safetensors history.tsv accuracy.json"),
    log:
        "logs/{dataset}/{experiment}/pretrain_s3d.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_s3d.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=32000, runtime=2880),
    params:
        **params_of("pretrain_s3d"),
    shell:
        command("pretrain_s3d", "--output {params.folder:q}")


rule train_sign2gloss:
    input:
        **inputs_of("train_sign2gloss"),
    output:
        **files_of(
            "train_sign2gloss",
            "config.json model.safetensors history.tsv",
        ),
    log:
        "logs/{dataset}/{experiment}/train_sign2gloss.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_sign2gloss.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=2880),
    params:
        **params_of("train_sign2gloss"),
    shell:
        command("train_sign2gloss", "--output {params.folder:q}")


rule recognise_glosses:
    input:
        **inputs_of("recognise_glosses"),
    output:
        "results/{dataset}/{experiment}/recognise_glosses/{split}.tsv",
    log:
        "logs/{dataset}/{experiment}/recognise_glosses/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/recognise_glosses/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=240),
    params:
        **params_of("recognise_glosses"),
    shell:
        command("recognise_glosses", "--output {output:q}")


rule train_gloss2text:
    input:
        **inputs_of("train_gloss2text"),
    output:
        **files_of(
            "train_gloss2text",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json",
        ),
    log:
        "logs/{dataset}/{experiment}/train_gloss2text.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_gloss2text.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=32000, runtime=1440),
    params:
        **params_of("train_gloss2text"),
    shell:
        command("train_gloss2text", "--output {params.folder:q}")


rule train_sign2text:
    input:
        **inputs_of("train_sign2text"),
    output:
        **files_of(
            "train_sign2text",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json",
        ),
    log:
        "logs/{dataset}/{experiment}/train_sign2text.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_sign2text.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=2880),
    params:
        **params_of("train_sign2text"),
    shell:
        command("train_sign2text", "--output {params.folder:q}")
