"""MMTLB (Chen et al. 2022): translation with glosses as help, pretrained part by part."""
