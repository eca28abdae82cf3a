"""The stages of the method Scaling SLT."""
