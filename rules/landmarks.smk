# Landmarks of every clip: extracted in shards, a job each, and joined to one store a split.
#
# Needs:  make_manifest, check_corpus; the videos with MediaPipe's environment (`make landmarks`),
#         or resources/<data set>/<folder>/<clip>.pose, or the rendered avatar
# Makes:  results/<data set>/<owner>/extract_landmark_shards/  <split>.<shard>.safetensors,
#                                                              <split>.<shard>.index.safetensors
#         results/<data set>/<owner>/extract_landmarks/        <split>.index.safetensors of all;
#                                                              <split>.tsv of the clips in it,
#                                                              <split>.left_out.tsv of the others


rule extract_landmark_shards:
    input:
        **inputs_of("extract_landmark_shards"),
    output:
        shard="results/{dataset}/{experiment}/extract_landmark_shards/{split}.{shard}.safetensors",
        index="results/{dataset}/{experiment}/extract_landmark_shards/{split}.{shard}.index.safetensors",
    log:
        "logs/{dataset}/{experiment}/extract_landmark_shards/{split}.{shard}.log",
    benchmark:
        "logs/{dataset}/{experiment}/extract_landmark_shards/{split}.{shard}.benchmark.tsv"
    wildcard_constraints:
        shard=r"\d{3}",
    conda:
        "../envs/sign2text.yaml"
    threads: 16
    resources:
        **needs(mem_mb=8000, runtime=720),
    params:
        **params_of(
            "extract_landmark_shards",
            "results/{dataset}/{experiment}/extract_landmark_shards/extract_landmark_shards.{split}.{shard}",
        ),
    shell:
        command(
            "extract_landmark_shards",
            "--shard {wildcards.shard} --output {output.shard:q}",
        )


rule extract_landmarks:
    input:
        **inputs_of("extract_landmarks"),
        further=further_shards,
    output:
        index="results/{dataset}/{experiment}/extract_landmarks/{split}.index.safetensors",
        manifest="results/{dataset}/{experiment}/extract_landmarks/{split}.tsv",
        left_out="results/{dataset}/{experiment}/extract_landmarks/{split}.left_out.tsv",
    log:
        "logs/{dataset}/{experiment}/extract_landmarks/{split}.log",
    benchmark:
        "logs/{dataset}/{experiment}/extract_landmarks/{split}.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=4000, runtime=60),
    params:
        **params_of("extract_landmarks"),
    shell:
        command(
            "extract_landmarks",
            "--output {output.index:q} --output-manifest {output.manifest:q} --output-left-out {output.left_out:q}",
        )
