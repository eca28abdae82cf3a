"""Publishing the artefacts of a target with DVC, and pulling them where they were never made."""
