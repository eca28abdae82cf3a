# Published corpora brought to their place.
#
# Needs:  the publisher's address (PHOENIX-2014T), or what was put into resources/<data set>/
# Makes:  resources/<data set>/checksums.tsv   the corpus, unpacked beside it; hashes of its
#                                              annotations, names and sizes of its clips
#         download_<data set>                  the same, by a shorter name

from sign2text.data.corpus_state import edited_annotations, is_list_alone

published = [
    dataset
    for adapter in ("phoenix", "csl_daily", "how2sign", "table")
    for dataset in project.datasets_of(adapter)
]


# Results are pulled without the corpus: only its list comes with them (docs/sharing.md).
for dataset in project.datasets:
    if is_list_alone(Path(f"resources/{dataset}/checksums.tsv")):
        logger.warning(
            f"resources/{dataset}: of the corpus only checksums.tsv is here. Jobs that read its "
            f"videos need it: snakemake --cores all --force resources/{dataset}/checksums.tsv"
        )


# A corpus has no rule that makes it, so nothing else would notice that somebody mended it.
for dataset in published:
    if is_list_alone(Path(f"resources/{dataset}/checksums.tsv")):
        continue
    for path in edited_annotations(Path(f"resources/{dataset}/checksums.tsv")):
        logger.warning(
            f"{path} is not what resources/{dataset}/checksums.tsv says: it was edited or removed "
            "since. To have the change read, add once: --forcerun acquire_corpus"
        )


# Broken transfers are resumed within the stage (setting `retries`): a retry of the whole rule would
# only repeat what it says about a corpus that has to be fetched by hand.
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
        mem_mb=2000,
        runtime=2880,
    params:
        settings=settings_of("acquire_corpus"),
        code=code_of("acquire_corpus"),
        # Of a corpus of one's own, the name of the table that describes it.
        table=lambda wildcards: (
            [
                "--table",
                project.stage_config(
                    wildcards.dataset, "common", "make_manifest"
                ).table.file,
            ]
            if wildcards.dataset in project.datasets_of("table")
            else []
        ),
        provenance="resources/{dataset}/acquire_corpus.provenance.json",
    shell:
        "python -m sign2text.stages.acquire_corpus {params.table:q} "
        "--output {output:q} --threads {threads} "
        "--settings {params.settings:q} --log {log:q} "
        "--inputs {input:q} --outputs {output:q} --provenance {params.provenance:q}"


for dataset in published:

    rule:
        name:
            f"download_{dataset}"
        input:
            f"resources/{dataset}/checksums.tsv",
