"""The local relay: a folder of .eml files."""
