# Published corpora brought to their place.
#
# Needs:  the publisher's address (PHOENIX-2014T), or what was put into resources/<data set>/
# Makes:  resources/<data set>/checksums.tsv   the corpus, unpacked beside it; hashes of its
#                                              annotations, names and sizes of its clips
#         download_<data set>                  the same, by a shorter name

from sign2text.data.corpus_state import corpus_problems

rendered = {each: project.is_rendered(each) for each in project.datasets}
published = [each for each, here in rendered.items() if not here]


for problem in corpus_problems(rendered):
    logger.warning(problem)


def table_option(wildcards):
    """Params function: of a corpus of one's own, the name of the table that describes it."""
    if wildcards.dataset not in project.datasets_of("table"):
        return ""
    config = project.stage_config(wildcards.dataset, "common", "make_manifest")
    return f"--table {shlex.quote(config.table.file)}"


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
        **params_of("acquire_corpus", table=table_option),
    shell:
        command("acquire_corpus", "{params.table} --output {output:q}")


for dataset in published:

    rule:
        name:
            f"download_{dataset}"
        input:
            f"resources/{dataset}/checksums.tsv",
