# From hypotheses to scores. Every experiment has its own, also where all before it is shared.
#
# Needs:  decode, finetune_llm or visual_init, make_manifest
# Makes:  results/<data set>/<experiment>.bleu
#         results/<data set>/<experiment>/score/   hypotheses.txt references.txt sentences.tsv
#         results/<data set>/metrics/              <experiment>.json, what `dvc metrics` shows


rule score:
    input:
        hypotheses=stage_file("decode", "test.tsv"),
        manifest=stage_file("make_manifest", "test.tsv"),
        train_manifest=stage_file("make_manifest", "train.tsv"),
        left_out=stage_file("make_manifest", "left_out.tsv"),
        history=files_read("score", "history.tsv", "finetune_llm", "visual_init"),
        bleurt=bleurt_weights,
    output:
        scores="results/{dataset}/{experiment}.bleu",
        hypotheses="results/{dataset}/{experiment}/score/hypotheses.txt",
        references="results/{dataset}/{experiment}/score/references.txt",
        sentences="results/{dataset}/{experiment}/score/sentences.tsv",
        # A folder of its own for those of all experiments: dvc.yaml can name folders, not patterns.
        metrics="results/{dataset}/metrics/{experiment}.json",
    log:
        "logs/{dataset}/{experiment}/score.log",
    benchmark:
        "logs/{dataset}/{experiment}/score.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 2
    resources:
        gpu=lambda wildcards, input: 1 if input.bleurt else 0,
        mem_mb=lambda wildcards, input, attempt: attempt
        * (16000 if input.bleurt else 4000),
        runtime=60,
    params:
        settings=settings_of("score"),
        code=code_of("score"),
        upstream=upstream_of("score"),
        identity=identity_of("score"),
        texts="results/{dataset}/{experiment}/score",
        bleurt=optional(["bleurt"]),
        provenance="results/{dataset}/{experiment}.provenance.json",
    shell:
        "python -m sign2text.stages.score --threads {threads} "
        "--hypotheses {input.hypotheses:q} "
        "--manifest {input.manifest:q} "
        "--train-manifest {input.train_manifest:q} "
        "--left-out {input.left_out:q} "
        "--history {input.history:q} {params.bleurt} "
        "--identity {params.identity:q} "
        "--texts {params.texts:q} "
        "--output {output.scores:q} --output-metrics {output.metrics:q} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"
