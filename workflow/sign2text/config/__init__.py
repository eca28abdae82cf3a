"""config.yaml: its keys, the project it describes, the stages it configures."""
