"""The stages that only FLa-LLM has."""
