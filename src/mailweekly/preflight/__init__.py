"""What would go wrong: rules over issue, edition and sample message give Findings. Pure."""
