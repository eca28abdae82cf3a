# From features to hypotheses; from frames where fine-tuning has trained the frame encoder.
#
# Needs:  extract_features or sample_frames, finetune_llm or visual_init, make_manifest
# Makes:  results/<data set>/<owner>/decode/<split>.tsv


rule decode:
    input:
        features=files_read("decode", "{split}.safetensors", "extract_features"),
        frames=ancient(files_read("decode", "{split}.tar", "sample_frames")),
        frames_index=files_read("decode", "{split}.index.safetensors", "sample_frames"),
        manifest=stage_file("make_manifest", "{split}.tsv"),
        model=files_read("decode", "model.safetensors", "finetune_llm", "visual_init"),
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
        mem_mb=memory(16000),
        runtime=720,
    params:
        settings=owned_settings_of("decode"),
        code=code_of("decode"),
        upstream=upstream_of("decode"),
        clips=optional(["features", "frames"]),
        provenance="results/{dataset}/{experiment}/decode/decode.{split}.provenance.json",
    shell:
        "python -m sign2text.stages.decode --threads {threads} {params.clips} "
        "--manifest {input.manifest:q} "
        "--model {input.model:q} "
        "--output {output:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
