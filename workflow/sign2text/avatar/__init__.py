"""The avatar: a signing corpus that the project renders itself."""
