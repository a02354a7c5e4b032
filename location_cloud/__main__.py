"""`python -m location_cloud` and the console script `location-cloud`."""

from __future__ import annotations

import sys

from location_cloud.cli import run


def main() -> None:
    """Runs the command line and leaves with its status: 0 done, 1 failed, 2 bad input, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
