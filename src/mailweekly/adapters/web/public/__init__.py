"""The public side: what readers meet over HTTP."""
