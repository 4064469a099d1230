"""The terminal: app.py wires; one file per group of verbs. The only place that joins adapters."""
