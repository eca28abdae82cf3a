"""How what was counted is shown. An edit here makes no stage run again (`provenance.py`)."""
