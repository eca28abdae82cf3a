# From a raw corpus to manifests and frame stores, with a check before any expensive stage.
#
# Needs:  resources/<data set>/ with checksums.tsv (rendered here for the avatar)
# Makes:  resources/<data set>/checksums.tsv             the rendered avatar, or its isolated signs
# or
#                                                        actions; a hash of every file
#         results/<data set>/<owner>/make_manifest/      <split>.tsv monolingual.txt left_out.tsv
#                                                        copies.tsv variable_rate.tsv groups.tsv
#         results/<data set>/<owner>/check_corpus/       report.csv report.html (below logs/ if the
#                                                        corpus cannot be used)
#         results/<data set>/<owner>/sample_frames/      <split>.tar, <split>.index.safetensors;
#                                                        <split>.tsv of the stored clips,
#                                                        <split>.left_out.tsv of clips that cannot
#                                                        be decoded


rule synthesize_avatar:
    input:
        **inputs_of("synthesize_avatar"),
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
        **needs(mem_mb=8000, runtime=720),
    params:
        **params_of("synthesize_avatar"),
    shell:
        command("synthesize_avatar", "--output {output:q}")


rule synthesize_second_avatar:
    input:
        **inputs_of("synthesize_second_avatar"),
    output:
        "resources/{dataset}/checksums.tsv",
    log:
        "logs/{dataset}/synthesize_second_avatar.log",
    benchmark:
        "logs/{dataset}/synthesize_second_avatar.benchmark.tsv"
    wildcard_constraints:
        dataset=one_of(project.datasets_of("avatar_second")),
    conda:
        "../envs/sign2text.yaml"
    threads: 64
    resources:
        **needs(mem_mb=8000, runtime=720),
    params:
        **params_of("synthesize_second_avatar"),
    shell:
        command("synthesize_second_avatar", "--output {output:q}")


rule synthesize_classes:
    output:
        "resources/{dataset}/checksums.tsv",
    log:
        "logs/{dataset}/synthesize_classes.log",
    benchmark:
        "logs/{dataset}/synthesize_classes.benchmark.tsv"
    wildcard_constraints:
        dataset=one_of(project.datasets_of("avatar_classes")),
    conda:
        "../envs/sign2text.yaml"
    threads: 64
    resources:
        **needs(mem_mb=8000, runtime=720),
    params:
        **params_of("synthesize_classes"),
    shell:
        command("synthesize_classes", "--output {output:q}")


rule make_manifest:
    input:
        **inputs_of("make_manifest"),
    output:
        **files_of(
            "make_manifest",
            "train.tsv dev.tsv test.tsv monolingual.txt left_out.tsv copies.tsv variable_rate.tsv "
            "groups.tsv",
        ),
    log:
        "logs/{dataset}/{experiment}/make_manifest.log",
    benchmark:
        "logs/{dataset}/{experiment}/make_manifest.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=120),
    params:
        **params_of("make_manifest"),
    shell:
        command("make_manifest", "--output {params.folder:q}")


rule sample_frames:
    input:
        **inputs_of("sample_frames"),
    output:
        frames="results/{dataset}/{experiment}/sample_frames/{split}.tar",
        index="results/{dataset}/{experiment}/sample_frames/{split}.index.safetensors",
        manifest="results/{dataset}/{experiment}/sample_frames/{split}.tsv",
        left_out="results/{dataset}/{experiment}/sample_frames/{split}.left_out.tsv",
    log:
        "logs/{dataset}/{experiment}/sample_frames/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/sample_frames/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 16
    resources:
        **needs(mem_mb=8000, runtime=720),
    params:
        **params_of("sample_frames"),
    shell:
        command(
            "sample_frames",
            "--output {output.frames:q} --output-manifest {output.manifest:q} --output-left-out {output.left_out:q}",
        )


rule check_corpus:
    input:
        **inputs_of("check_corpus"),
    output:
        table="results/{dataset}/{experiment}/check_corpus/report.csv",
        page=shown(
            "results/{dataset}/{experiment}/check_corpus/report.html", "check_corpus", "Corpora"
        ),
    log:
        "logs/{dataset}/{experiment}/check_corpus.log",
    benchmark:
        "logs/{dataset}/{experiment}/check_corpus.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=30),
    params:
        **params_of(
            "check_corpus",
            # Snakemake removes the outputs of a failed job, which is when the report is needed
            # most.
            folder_if_bad="logs/{dataset}/{experiment}/check_corpus",
        ),
    shell:
        command(
            "check_corpus", "--output {params.folder:q} --output-if-bad {params.folder_if_bad:q}"
        )
