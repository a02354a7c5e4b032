"""A self-hosted location cloud for a city: one spatial core, one folder per capability."""

__version__ = "0.1.0"
