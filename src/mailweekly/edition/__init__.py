"""What the reader sees: an Issue and a Theme in, an Edition (subject, HTML, text, digest) out. Pure."""
