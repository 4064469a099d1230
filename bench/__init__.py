"""Speeds as ratios, and the figures the project promises, measured in one run: `make bench`."""
