"""A newsletter as code: Markdown in, responsive email out, sent in paced batches that lose nobody and mail nobody twice."""

__all__ = ["__version__"]

__version__ = "0.1.0"
