# Published models: fetched from the Hugging Face hub, or taken from a folder.
#
# Needs:  the hub, or the folder that a stage's setting `published` names
# Makes:  resources/models/<name>/<revision>/manifest.json   the model's files with sizes and hashes;
#                                                            they lie beside it
#         download_models                                    all that config.yaml asks for


wildcard_constraints:
    model=r"[A-Za-z0-9._-]+",
    revision=r"[A-Za-z0-9._-]+",


# What broke off is resumed, so another attempt costs little.
rule fetch_model:
    output:
        "resources/models/{model}/{revision}/manifest.json",
    log:
        "logs/models/{model}/{revision}.log",
    benchmark:
        "logs/models/{model}/{revision}.benchmark.tsv"
    retries: 2
    conda:
        "../envs/sign2text.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=1440,
    params:
        **params_of(
            "fetch_model",
            "resources/models/{model}/{revision}/fetch_model",
            settings=model_settings,
        ),
    shell:
        command("fetch_model", "--output {output:q}")


rule:
    name:
        "download_models"
    input:
        [f"{place}/manifest.json" for place in project.published_models()],
