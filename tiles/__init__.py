"""A vector tile engine over arrays: features in, tile bytes out. It knows nothing of files, the web or clocks."""
