# From a raw corpus to manifests and frame stores.
#
# Needs:  resources/<data set>/ with checksums.tsv (rendered here for the avatar)
# Makes:  resources/<data set>/checksums.tsv             the avatar, rendered; a hash of every file
#         results/<data set>/<owner>/make_manifest/      train.tsv dev.tsv test.tsv monolingual.txt left_out.tsv
#         results/<data set>/<owner>/sample_frames/      <split>.tar, <split>.index.safetensors


rule synthesize_avatar:
    input:
        # Of a data set that signs another one's sentences, that corpus. Only its annotations are
        # read, so videos of it that come later make nothing here anew.
        sentences=ancient(signed_corpus),
    output:
        "resources/{dataset}/checksums.tsv",
    log:
        "logs/{dataset}/synthesize_avatar.log",
    benchmark:
        "logs/{dataset}/synthesize_avatar.benchmark.tsv"
    wildcard_constraints:
        dataset=one_of(project.datasets_of("avatar")),
    conda:
        "../envs/sign2text.yaml"
    threads: 64
    resources:
        mem_mb=memory(8000),
        runtime=720,
    params:
        settings=settings_of("synthesize_avatar"),
        code=code_of("synthesize_avatar"),
        options=optional(["sentences"]),
        provenance="resources/{dataset}/synthesize_avatar.provenance.json",
    shell:
        "python -m sign2text.stages.synthesize_avatar {params.options} "
        "--output {output:q} --threads {threads} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule make_manifest:
    input:
        corpus="resources/{dataset}/checksums.tsv",
    output:
        train="results/{dataset}/{experiment}/make_manifest/train.tsv",
        dev="results/{dataset}/{experiment}/make_manifest/dev.tsv",
        test="results/{dataset}/{experiment}/make_manifest/test.tsv",
        monolingual="results/{dataset}/{experiment}/make_manifest/monolingual.txt",
        left_out="results/{dataset}/{experiment}/make_manifest/left_out.tsv",
    log:
        "logs/{dataset}/{experiment}/make_manifest.log",
    benchmark:
        "logs/{dataset}/{experiment}/make_manifest.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        mem_mb=memory(4000),
        runtime=120,
    params:
        settings=owned_settings_of("make_manifest"),
        code=code_of("make_manifest"),
        upstream=upstream_of("make_manifest"),
        folder="results/{dataset}/{experiment}/make_manifest",
        provenance="results/{dataset}/{experiment}/make_manifest/make_manifest.provenance.json",
    shell:
        "python -m sign2text.stages.make_manifest "
        "--corpus {input.corpus:q} "
        "--output {params.folder:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


rule sample_frames:
    input:
        manifest=stage_file("make_manifest", "{split}.tsv"),
        report=stage_file("check_corpus", "report.csv"),
    output:
        frames="results/{dataset}/{experiment}/sample_frames/{split}.tar",
        index="results/{dataset}/{experiment}/sample_frames/{split}.index.safetensors",
    log:
        "logs/{dataset}/{experiment}/sample_frames/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/sample_frames/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 16
    resources:
        mem_mb=memory(8000),
        runtime=720,
    params:
        settings=owned_settings_of("sample_frames"),
        code=code_of("sample_frames"),
        upstream=upstream_of("sample_frames"),
        provenance="results/{dataset}/{experiment}/sample_frames/sample_frames.{split}.provenance.json",
    shell:
        "python -m sign2text.stages.sample_frames "
        "--manifest {input.manifest:q} "
        "--output {output.frames:q} --threads {threads} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
