# From features to hypotheses; from frames where fine-tuning has trained the frame encoder.
#
# Needs:  extract_features or sample_frames, finetune_llm or visual_init, make_manifest
# Makes:  results/<data set>/<owner>/decode/<split>.tsv


rule decode:
    input:
        **inputs_of("decode"),
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
        **params_of(
            "decode",
        ),
    shell:
        command("decode", "--output {output:q}")
