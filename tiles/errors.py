"""What the tile engine refuses, each as a ValueError that names the value, the range and the next step."""


class TileError(ValueError):
    """Any input that the tile engine cannot work with."""


class BadTile(TileError):
    """A tile address, quadkey or box that lies on no zoom level of the world."""


class TooManyTiles(TileError):
    """More tiles than anybody waits for."""


class BadFeatures(TileError):
    """Features whose parts do not fit together or whose coordinates are off the globe."""


class BadIndex(TileError):
    """Saved arrays that are not a whole layer index of this version."""


class BadArchive(TileError):
    """An archive of tiles that is damaged, cut short, or of a kind that is not read."""
