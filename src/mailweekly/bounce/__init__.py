"""What comes back: reports and complaints. Empty until mail can come back (docs/flow.md shows its place)."""
