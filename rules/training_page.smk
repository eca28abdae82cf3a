# Pages on trainings: their progress, and how much each part of the model learned.
#
# Needs:  history.tsv of an experiment's trainings and its score, or of a comparison's trainings
# Makes:  results/<data set>/<experiment>/training.html
#         results/<data set>/curves/<experiment>.tsv   for `dvc plots`
#         results/<data set>/comparisons/<name>/norms.html norms.csv
from sign2text.lineage.stage_times import stages_elsewhere, stages_of


rule report_training:
    input:
        score="results/{dataset}/{experiment}.bleu",
        histories=histories,
    output:
        page=shown(
            "results/{dataset}/{experiment}/training.html",
            "training",
            "Training",
            experiment="{experiment}",
        ),
        # All experiments' curves share a folder, like the metrics (rules/score.smk).
        curves="results/{dataset}/curves/{experiment}.tsv",
    log:
        "logs/{dataset}/{experiment}/report_training.log",
    benchmark:
        "logs/{dataset}/{experiment}/report_training.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=2000, runtime=15),
    params:
        **params_of(
            "report_training",
            "results/{dataset}/{experiment}/report_training",
            shared=False,
            upstream=upstream_of_experiments(
                lambda wildcards: [wildcards.experiment], methods=True
            ),
            identity=of_stages.identity_of("score"),
            # Benchmark files stay on the machine that ran a stage, and the times in a provenance
            # differ
            # from run to run. So the stage reads both without declaring them as inputs.
            logs="logs/{dataset}",
            stages=lambda wildcards: stages_elsewhere(
                project, wildcards.dataset, wildcards.experiment
            )
            + stages_of(project, wildcards.dataset, wildcards.experiment),
        ),
    shell:
        command(
            "report_training",
            "--logs {params.logs:q} --stages {params.stages:q} --output {output.page:q} --output-curves {output.curves:q}",
        )


rule report_norms:
    input:
        histories=trained_files("history.tsv"),
        # The headers give the number of values of each part.
        models=trained_files("model.safetensors"),
    output:
        page=shown(
            "results/{dataset}/comparisons/{comparison}/norms.html",
            "norms",
            "Training",
            comparison="{comparison}",
        ),
        table="results/{dataset}/comparisons/{comparison}/norms.csv",
    log:
        "logs/{dataset}/comparisons/{comparison}/report_norms.log",
    benchmark:
        "logs/{dataset}/comparisons/{comparison}/report_norms.benchmark.tsv"
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        **needs(mem_mb=2000, runtime=15),
    params:
        **params_of(
            "report_norms",
            "results/{dataset}/comparisons/{comparison}/report_norms",
            upstream=upstream_of_experiments(compared_experiments, methods=True),
            experiments=trainings_option,
            folder="results/{dataset}",
        ),
    shell:
        command(
            "report_norms",
            "--name {wildcards.comparison:q} --results {params.folder:q} --experiments {params.experiments:q} --output {output.page:q}",
        )
