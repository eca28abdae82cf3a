# The frame encoder that visual initialising starts from, and what it makes of every frame.
#
# Needs:  sample_frames, make_manifest; of a rendered corpus its landmarks; of a published encoder its
#         manifest
# Makes:  results/<data set>/<owner>/pretrain_frame_encoder/   config.json model.safetensors
#                                                              history.tsv
#         results/<data set>/<owner>/encode_frames/            <split>.safetensors


rule pretrain_frame_encoder:
    input:
        **inputs_of("pretrain_frame_encoder"),
    output:
        config="results/{dataset}/{experiment}/pretrain_frame_encoder/config.json",
        model="results/{dataset}/{experiment}/pretrain_frame_encoder/model.safetensors",
        history="results/{dataset}/{experiment}/pretrain_frame_encoder/history.tsv",
    log:
        "logs/{dataset}/{experiment}/pretrain_frame_encoder.log",
    benchmark:
        "logs/{dataset}/{experiment}/pretrain_frame_encoder.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=memory(16000),
        runtime=720,
    params:
        **params_of(
            "pretrain_frame_encoder",
        ),
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
        gpu=1,
        mem_mb=memory(16000),
        runtime=720,
    params:
        **params_of(
            "encode_frames",
        ),
    shell:
        command("encode_frames", "--output {output:q}")
