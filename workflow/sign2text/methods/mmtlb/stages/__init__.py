"""The stages of the method MMTLB."""
