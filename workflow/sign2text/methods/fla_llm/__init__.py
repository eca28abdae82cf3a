"""FLa-LLM (arXiv 2403.12556): visual initialising, then LLM fine-tuning, without glosses."""
