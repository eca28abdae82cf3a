# From hypotheses to scores. Every experiment has its own, also where all before it is shared.
#
# Needs:  decode, make_manifest
# Makes:  results/<data set>/<experiment>.bleu


rule score:
    input:
        hypotheses=stage_file("decode", "test.tsv"),
        manifest=stage_file("make_manifest", "test.tsv"),
        train_manifest=stage_file("make_manifest", "train.tsv"),
        left_out=stage_file("make_manifest", "left_out.tsv"),
    output:
        report(
            "results/{dataset}/{experiment}.bleu",
            caption="../workflow/report/score.rst",
            category="Scores",
            labels={"data set": "{dataset}", "experiment": "{experiment}"},
        ),
    log:
        "logs/{dataset}/{experiment}/score.log",
    benchmark:
        "logs/{dataset}/{experiment}/score.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=settings_of("score"),
        code=code_of("score"),
        upstream=upstream_of("score"),
    shell:
        "python -m sign2text.stages.score "
        "--hypotheses {input.hypotheses:q} "
        "--manifest {input.manifest:q} "
        "--train-manifest {input.train_manifest:q} "
        "--left-out {input.left_out:q} "
        "--output {output:q} "
        "--settings {params.settings:q} --log {log:q}"
