"""Who gets it: subscribers, list files, suppressions, and who is left out and why. Pure: bytes and rows in, values out."""
