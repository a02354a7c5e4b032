"""How functions of both engines and of the slices are compiled and kept on disk."""
