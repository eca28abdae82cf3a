# The frame encoder that visual initialising starts from, and what it makes of every frame.
#
# Needs:  sample_frames, make_manifest; of a rendered corpus its landmarks; of a published encoder its
#         manifest
# Makes:  results/<data set>/<owner>/pretrain_frame_encoder/   config.json model.safetensors
#                                                              history.tsv
#         results/<data set>/<owner>/encode_frames/            <split>.safetensors


rule pretrain_frame_encoder:
    input:
        train_frames=ancient(stage_file("sample_frames", "train.tar")),
        train_frames_index=stage_file("sample_frames", "train.index.safetensors"),
        dev_frames=ancient(stage_file("sample_frames", "dev.tar")),
        dev_frames_index=stage_file("sample_frames", "dev.index.safetensors"),
        train_manifest=stage_file("make_manifest", "train.tsv"),
        dev_manifest=stage_file("make_manifest", "dev.tsv"),
        corpus=rendered_corpus,
        published=published_model("pretrain_frame_encoder"),
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
        settings=owned_settings_of("pretrain_frame_encoder"),
        code=code_of("pretrain_frame_encoder"),
        upstream=upstream_of("pretrain_frame_encoder"),
        folder="results/{dataset}/{experiment}/pretrain_frame_encoder",
        python=python_of,
        landmarks=landmarks_option,
        published=optional(["published"]),
        provenance="results/{dataset}/{experiment}/pretrain_frame_encoder/pretrain_frame_encoder.provenance.json",
    shell:
        "{params.python} sign2text.stages.pretrain_frame_encoder --threads {threads} "
        "--train-frames {input.train_frames:q} "
        "--dev-frames {input.dev_frames:q} "
        "--train-manifest {input.train_manifest:q} "
        "--dev-manifest {input.dev_manifest:q} {params.landmarks} {params.published} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule encode_frames:
    input:
        frames=ancient(stage_file("sample_frames", "{split}.tar")),
        frames_index=stage_file("sample_frames", "{split}.index.safetensors"),
        frame_encoder=stage_file("pretrain_frame_encoder", "model.safetensors"),
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
        settings=owned_settings_of("encode_frames"),
        code=code_of("encode_frames"),
        upstream=upstream_of("encode_frames"),
        provenance="results/{dataset}/{experiment}/encode_frames/encode_frames.{split}.provenance.json",
    shell:
        "python -m sign2text.stages.encode_frames --threads {threads} "
        "--frames {input.frames:q} "
        "--frame-encoder {input.frame_encoder:q} "
        "--output {output:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
