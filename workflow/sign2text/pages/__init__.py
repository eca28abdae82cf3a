"""Self-contained HTML pages that stages write."""
