"""Names of the metrics, in display order."""

METRICS = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "chrf": "chrF",
    "rouge_l": "ROUGE-L",
}
"""Metrics of a corpus, by their keys in score files."""
FURTHER_METRICS = {
    "wer": "gloss WER",
    "wer_recogniser": "gloss WER of the recogniser after its own training",
    "bleurt": "BLEURT",
    "language_accuracy": "language accuracy",
    "empty_rate": "empty rate",
}
"""Metrics that only some methods have, or that need a checkpoint; the last two are in percent."""
SENTENCE_METRICS = {"chrf": "chrF", "bleu": "BLEU", "rouge_l": "ROUGE-L"}
"""Metrics of a sentence, by their columns in sentences.tsv."""
LEVEL = 0.95
"""Level of all intervals."""
