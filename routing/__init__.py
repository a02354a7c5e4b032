"""A routing engine over arrays: split graphs, exact searches, snapping. It knows no files, no web and no clock."""
