# From features to hypotheses.
#
# Needs:  extract_features, finetune_llm, make_manifest
# Makes:  results/<data set>/<owner>/decode/<split>.tsv


rule decode:
    input:
        features=stage_file("extract_features", "{split}.safetensors"),
        manifest=stage_file("make_manifest", "{split}.tsv"),
        model=stage_file("finetune_llm", "model.safetensors"),
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
        gpu=1,
        mem_mb=16000,
        runtime=720,
    params:
        settings=owned_settings_of("decode"),
        code=code_of("decode"),
        upstream=upstream_of("decode"),
    shell:
        "python -m sign2text.stages.decode --threads {threads} "
        "--features {input.features:q} "
        "--manifest {input.manifest:q} "
        "--model {input.model:q} "
        "--output {output:q} "
        "--settings {params.settings:q} --log {log:q}"
