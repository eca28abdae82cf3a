"""Tokenizers, vocabulary trimming and text noise."""
