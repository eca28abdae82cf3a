# Page on the landmarks of a data set: how much is found, how steadily, and pictures.
#
# Needs:  extract_landmarks, make_manifest; of a rendered corpus its exact landmarks
# Makes:  results/<data set>/<owner>/report_landmarks/   landmarks.html landmarks.tsv clips.tsv


rule report_landmarks:
    input:
        **inputs_of("report_landmarks"),
    output:
        page=shown(
            "results/{dataset}/{experiment}/report_landmarks/landmarks.html",
            "landmarks",
            "Landmarks",
            experiment="{experiment}",
        ),
        table="results/{dataset}/{experiment}/report_landmarks/landmarks.tsv",
        clips="results/{dataset}/{experiment}/report_landmarks/clips.tsv",
    log:
        "logs/{dataset}/{experiment}/report_landmarks.log",
    benchmark:
        "logs/{dataset}/{experiment}/report_landmarks.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=8000, runtime=120),
    params:
        **params_of("report_landmarks"),
    shell:
        command("report_landmarks", "--output {params.folder:q}")
