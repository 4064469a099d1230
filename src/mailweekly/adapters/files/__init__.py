"""The publication's folder: issues, themes, list files, settings, all through one door that stays inside it."""
