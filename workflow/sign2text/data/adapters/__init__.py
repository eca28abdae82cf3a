"""One module a corpus: from the corpus as published to manifests."""
