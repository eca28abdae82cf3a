# Sign2GPT: pseudo-glosses of the sentences, their vectors, prototypes of them, and the translator.
#
# Needs:  make_manifest, sample_frames, pretrain_frame_encoder, encode_frames, train_tokenizer,
#         pretrain_language_model, extract_features; a spaCy pipeline and word vectors that were put there
# Makes:  results/<data set>/<owner>/annotate_text/            sentences.tsv
#         results/<data set>/<owner>/train_tagger/             pipeline.zip accuracy.json
#         results/<data set>/<owner>/generate_pseudo_glosses/  {train,dev,test}.tsv vocabulary.tsv
#                                                              monolingual.txt about.json
#         results/<data set>/<owner>/embed_pseudo_glosses/     vectors.safetensors missing.txt
#         results/<data set>/<owner>/pretrain_prototypes/      a model, history.tsv
#         results/<data set>/<owner>/score_pseudo_glosses/     scores.json
#         results/<data set>/<owner>/report_localisation/      localisation.html
#         results/<data set>/<owner>/adapt_language_model/     the translator, its tokenizer, history.tsv


rule annotate_text:
    output:
        **files_of("annotate_text", "sentences.tsv"),
    log:
        "logs/{dataset}/{experiment}/annotate_text.log",
    benchmark:
        "logs/{dataset}/{experiment}/annotate_text.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=2000, runtime=30),
    params:
        **params_of("annotate_text"),
    shell:
        command("annotate_text", "--output {params.folder:q}")


rule train_tagger:
    input:
        **inputs_of("train_tagger"),
    output:
        **files_of("train_tagger", "pipeline.zip accuracy.json"),
    log:
        "logs/{dataset}/{experiment}/train_tagger.log",
    benchmark:
        "logs/{dataset}/{experiment}/train_tagger.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        **params_of("train_tagger"),
    shell:
        command("train_tagger", "--output {params.folder:q}")


rule generate_pseudo_glosses:
    input:
        **inputs_of("generate_pseudo_glosses"),
    output:
        **files_of(
            "generate_pseudo_glosses",
            "train.tsv dev.tsv test.tsv vocabulary.tsv monolingual.txt about.json",
        ),
    log:
        "logs/{dataset}/{experiment}/generate_pseudo_glosses.log",
    benchmark:
        "logs/{dataset}/{experiment}/generate_pseudo_glosses.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=8000, runtime=60),
    params:
        **params_of("generate_pseudo_glosses"),
    shell:
        command("generate_pseudo_glosses", "--output {params.folder:q}")


rule embed_pseudo_glosses:
    input:
        **inputs_of("embed_pseudo_glosses"),
    output:
        **files_of("embed_pseudo_glosses", "vectors.safetensors missing.txt"),
    log:
        "logs/{dataset}/{experiment}/embed_pseudo_glosses.log",
    benchmark:
        "logs/{dataset}/{experiment}/embed_pseudo_glosses.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 2
    resources:
        **needs(mem_mb=8000, runtime=60),
    params:
        **params_of("embed_pseudo_glosses"),
    shell:
        command("embed_pseudo_glosses", "--output {params.folder:q}")


rule pretrain_prototypes:
    input:
        **inputs_of("pretrain_prototypes"),
    output:
        **files_of("pretrain_prototypes", "config.json model.safetensors history.tsv"),
    log:
        "logs/{dataset}/{experiment}/pretrain_prototypes.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_prototypes.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=2880),
    params:
        **params_of("pretrain_prototypes"),
    shell:
        command("pretrain_prototypes", "--output {params.folder:q}")


rule score_pseudo_glosses:
    input:
        **inputs_of("score_pseudo_glosses"),
    output:
        "results/{dataset}/{experiment}/score_pseudo_glosses/scores.json",
    log:
        "logs/{dataset}/{experiment}/score_pseudo_glosses.log",
    benchmark:
        "logs/{dataset}/{experiment}/score_pseudo_glosses.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=16000, runtime=240),
    params:
        **params_of("score_pseudo_glosses"),
    shell:
        command("score_pseudo_glosses", "--output {output:q}")


rule report_localisation:
    input:
        **inputs_of("report_localisation"),
    output:
        shown(
            "results/{dataset}/{experiment}/report_localisation/localisation.html",
            "localisation",
            "Pseudo-glosses",
            experiment="{experiment}",
        ),
    log:
        "logs/{dataset}/{experiment}/report_localisation.log",
    benchmark:
        "logs/{dataset}/{experiment}/report_localisation.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 2
    resources:
        **needs(mem_mb=8000, runtime=30),
    params:
        **params_of("report_localisation"),
    shell:
        command("report_localisation", "--output {output:q}")


rule adapt_language_model:
    input:
        **inputs_of("adapt_language_model"),
    output:
        **files_of(
            "adapt_language_model",
            "config.json model.safetensors history.tsv tokenizer.json tokenizer_config.json",
        ),
    log:
        "logs/{dataset}/{experiment}/adapt_language_model.log",
    benchmark:
        "logs/{dataset}/{experiment}/adapt_language_model.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        **needs(gpu=1, mem_mb=64000, runtime=2880),
    params:
        **params_of("adapt_language_model"),
    shell:
        command("adapt_language_model", "--output {params.folder:q}")
