"""The stages of Sign2GPT."""
