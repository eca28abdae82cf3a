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
        train_frames=ancient(stage_file("sample_frames", "train.tar")),
        train_frames_index=stage_file("sample_frames", "train.index.safetensors"),
        dev_frames=ancient(stage_file("sample_frames", "dev.tar")),
        dev_frames_index=stage_file("sample_frames", "dev.index.safetensors"),
        train_manifest=stage_file("make_manifest", "train.tsv"),
        dev_manifest=stage_file("make_manifest", "dev.tsv"),
        tokenizer=stage_file("train_tokenizer", "tokenizer.json"),
        frame_encoder=stage_file("pretrain_frame_encoder", "model.safetensors"),
        train_encoded=files_read("visual_init", "train.safetensors", "encode_frames"),
        dev_encoded=files_read("visual_init", "dev.safetensors", "encode_frames"),
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
        settings=owned_settings_of("visual_init"),
        code=code_of("visual_init"),
        upstream=upstream_of("visual_init"),
        folder="results/{dataset}/{experiment}/visual_init",
        python=python_of,
        encoded=optional(["train_encoded", "dev_encoded"]),
        provenance="results/{dataset}/{experiment}/visual_init/visual_init.provenance.json",
    shell:
        "{params.python} sign2text.methods.fla_llm.stages.visual_init --threads {threads} "
        "--train-frames {input.train_frames:q} "
        "--dev-frames {input.dev_frames:q} "
        "--train-manifest {input.train_manifest:q} "
        "--dev-manifest {input.dev_manifest:q} "
        "--tokenizer {input.tokenizer:q} "
        "--frame-encoder {input.frame_encoder:q} {params.encoded} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule extract_features:
    input:
        frames=ancient(stage_file("sample_frames", "{split}.tar")),
        frames_index=stage_file("sample_frames", "{split}.index.safetensors"),
        model=stage_file("visual_init", "model.safetensors"),
        encoded=files_read("extract_features", "{split}.safetensors", "encode_frames"),
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
        settings=owned_settings_of("extract_features"),
        code=code_of("extract_features"),
        upstream=upstream_of("extract_features"),
        encoded=optional(["encoded"]),
        provenance="results/{dataset}/{experiment}/extract_features/extract_features.{split}.provenance.json",
    shell:
        "python -m sign2text.stages.extract_features "
        "--split {wildcards.split} --threads {threads} "
        "--frames {input.frames:q} "
        "--model {input.model:q} {params.encoded} "
        "--output {output:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule finetune_llm:
    input:
        train_features=files_read(
            "finetune_llm", "train.safetensors", "extract_features"
        ),
        dev_features=files_read("finetune_llm", "dev.safetensors", "extract_features"),
        train_frames=ancient(files_read("finetune_llm", "train.tar", "sample_frames")),
        train_frames_index=files_read(
            "finetune_llm", "train.index.safetensors", "sample_frames"
        ),
        dev_frames=ancient(files_read("finetune_llm", "dev.tar", "sample_frames")),
        dev_frames_index=files_read(
            "finetune_llm", "dev.index.safetensors", "sample_frames"
        ),
        train_manifest=stage_file("make_manifest", "train.tsv"),
        dev_manifest=stage_file("make_manifest", "dev.tsv"),
        tokenizer=stage_file("train_tokenizer", "tokenizer.json"),
        language_model=stage_file("pretrain_language_model", "model.safetensors"),
        visual_init=stage_file("visual_init", "model.safetensors"),
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
        settings=owned_settings_of("finetune_llm"),
        code=code_of("finetune_llm"),
        upstream=upstream_of("finetune_llm"),
        folder="results/{dataset}/{experiment}/finetune_llm",
        python=python_of,
        clips=optional(["train_features", "dev_features", "train_frames", "dev_frames"]),
        provenance="results/{dataset}/{experiment}/finetune_llm/finetune_llm.provenance.json",
    shell:
        "{params.python} sign2text.methods.fla_llm.stages.finetune_llm --threads {threads} {params.clips} "
        "--train-manifest {input.train_manifest:q} "
        "--dev-manifest {input.dev_manifest:q} "
        "--tokenizer {input.tokenizer:q} "
        "--language-model {input.language_model:q} "
        "--visual-init {input.visual_init:q} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
