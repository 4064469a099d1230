"""`python -m mailweekly`, and the console script."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    from mailweekly.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
