"""What the metrics are called, in the order in which they are shown."""

METRICS = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "chrf": "chrF",
    "rouge_l": "ROUGE-L",
}
"""Of a corpus, by their keys in score files."""
FURTHER_METRICS = {
    "wer": "gloss WER",
    "wer_recogniser": "gloss WER of the recogniser after its own training",
    "bleurt": "BLEURT",
}
"""Those that are there for some methods, or with a checkpoint."""
SENTENCE_METRICS = {"chrf": "chrF", "bleu": "BLEU", "rouge_l": "ROUGE-L"}
"""Of a sentence, by their columns in sentences.tsv."""
LEVEL = 0.95
"""Of all intervals."""
