"""Who runs dispatch: in this process."""
