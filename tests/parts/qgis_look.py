"""Run by the Python that QGIS brings: opens layers, draws each around a place, writes what came out as JSON.

Standard input: a list of {kind: "raster" or "vector tiles", source, style: address or "", at: [lon, lat], half_m}.
Arguments: the part's root, the file to write: a list of {is_valid, crs, extent, centre: [r, g, b], drawn: share of
pixels that are not the background}.
"""

import json
import math
import sys

ROOT, ANSWERS = sys.argv[1:3]
sys.path.insert(0, f"{ROOT}/usr/lib/python3/dist-packages")

import qgis.core as q  # noqa: E402  # found only now
from qgis.PyQt.QtCore import QSize  # noqa: E402
from qgis.PyQt.QtGui import QColor  # noqa: E402

PIXELS = 240
PAPER = QColor(255, 0, 255)


def opened(asked):
    if asked["kind"] == "raster":
        return q.QgsRasterLayer(asked["source"], "layer", "wms")
    layer = q.QgsVectorTileLayer(asked["source"], "layer")
    if layer.isValid() and asked["style"]:
        layer.loadDefaultStyle()
    return layer


def drawn(layer, lonlat, half_m):
    crs = layer.crs()
    to_layer = q.QgsCoordinateTransform(q.QgsCoordinateReferenceSystem("EPSG:4326"), crs, q.QgsProject.instance())
    centre = to_layer.transform(q.QgsPointXY(*lonlat))
    half = half_m / 111_319.49 if crs.isGeographic() else half_m / math.cos(math.radians(lonlat[1]))
    settings = q.QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(crs)
    settings.setExtent(q.QgsRectangle(centre.x() - half, centre.y() - half, centre.x() + half, centre.y() + half))
    settings.setOutputSize(QSize(PIXELS, PIXELS))
    settings.setBackgroundColor(PAPER)
    job = q.QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def look(asked):
    layer = opened(asked)
    if not layer.isValid():
        return {"is_valid": False}
    picture = drawn(layer, asked["at"], asked["half_m"])
    places = [(x, y) for x in range(0, PIXELS, 4) for y in range(0, PIXELS, 4)]
    middle = picture.pixelColor(PIXELS // 2, PIXELS // 2)
    return {
        "is_valid": True,
        "crs": layer.crs().authid(),
        "centre": [middle.red(), middle.green(), middle.blue()],
        "drawn": sum(picture.pixelColor(x, y) != PAPER for x, y in places) / len(places),
    }


q.QgsApplication.setPrefixPath(f"{ROOT}/usr", True)
application = q.QgsApplication([], False)
application.initQgis()
answers = [look(asked) for asked in json.load(sys.stdin)]
with open(ANSWERS, "w", encoding="utf-8") as file:
    json.dump(answers, file)
application.exitQgis()
