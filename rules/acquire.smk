# Acquisition of published corpora and models.
#
# Needs:  the publisher's address (PHOENIX-2014T), or files in resources/<data set>/; the hub
# Makes:  resources/<data set>/checksums.tsv   the unpacked corpus in the same folder; hashes of its
#                                              annotations, names and sizes of its clips
#         resources/models/<name>/<revision>/manifest.json   a model's files with sizes and hashes
#         download_<data set>, download_models               the same targets by shorter names
from sign2text.data.corpus_state import corpus_problems

rendered = {each: project.is_rendered(each) for each in project.datasets}
published = [each for each, here in rendered.items() if not here]


for problem in corpus_problems(rendered):
    logger.warning(problem)


# The stage itself resumes broken transfers (setting `retries`). A retry of the whole rule would
# only
# repeat the message about a corpus that must be fetched by hand.
rule acquire_corpus:
    output:
        "resources/{dataset}/checksums.tsv",
    log:
        "logs/{dataset}/acquire_corpus.log",
    benchmark:
        "logs/{dataset}/acquire_corpus.benchmark.tsv"
    wildcard_constraints:
        dataset=one_of(published),
    conda:
        "../envs/sign2text.yaml"
    threads: 4
    resources:
        **needs(mem_mb=2000, runtime=2880, grows=False),
    params:
        **params_of("acquire_corpus", table=table_option),
    shell:
        command("acquire_corpus", "{params.table} --output {output:q}")


for dataset in published:

    rule:
        name:
            f"download_{dataset}"
        input:
            f"resources/{dataset}/checksums.tsv",


# The stage resumes an interrupted transfer, so another attempt costs little.
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
        **needs(mem_mb=8000, runtime=1440, grows=False),
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
