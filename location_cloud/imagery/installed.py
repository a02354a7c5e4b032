"""The optional libraries of the extra [imagery], loaded when a question needs them."""

from __future__ import annotations

import functools
from typing import Any

from location_cloud.errors import NotInstalled

HINT = "pip install 'location-cloud[imagery]'"

GDAL_OPTIONS: dict[str, Any] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no look at files beside the opened one
    "GDAL_PAM_ENABLED": "NO",  # neither read nor written: scene.tif.aux.xml
    "GDAL_GEOREF_SOURCES": "INTERNAL",  # no .tfw, no .tab
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",  # no address ends so: nothing is read over the network
    "GDAL_HTTP_TIMEOUT": "1",
    "PROJ_NETWORK": "OFF",
    "GDAL_CACHEMAX": 64_000_000,  # bytes of decoded blocks a process
}
"""What GDAL must not do, wherever it is used here. Source: GDAL's list of configuration options."""


@functools.cache
def rasterio() -> Any:
    """The module rasterio (GDAL), confined to the files that it is given. Raises NotInstalled."""
    try:
        import rasterio  # heavy optional: 60 MB of GDAL, the extra [imagery]
        import rasterio._env  # heavy optional: as above
        import rasterio.features  # heavy optional: as above
        import rasterio.shutil  # heavy optional: as above
        import rasterio.vrt  # heavy optional: as above
        import rasterio.warp  # heavy optional: as above
    except ImportError as error:
        raise NotInstalled("imagery needs rasterio, which is not installed here", hint=HINT) from error
    for name, value in GDAL_OPTIONS.items():
        rasterio._env.set_gdal_config(name, value)
    return rasterio


@functools.cache
def contourpy() -> Any:
    """The module contourpy. Raises NotInstalled."""
    try:
        import contourpy  # heavy optional: the extra [imagery]
    except ImportError as error:
        raise NotInstalled("contour lines need contourpy, which is not installed here", hint=HINT) from error
    return contourpy


@functools.cache
def pillow() -> Any:
    """The module PIL.Image. Raises NotInstalled."""
    try:
        from PIL import Image  # heavy optional: the extra [imagery]
    except ImportError as error:
        raise NotInstalled("pictures need Pillow, which is not installed here", hint=HINT) from error
    Image.MAX_IMAGE_PIXELS = None  # only tiles of our own files are decoded
    return Image
