"""Run by the Python that QGIS brings: reads collections of OGC API Features, writes what came out as JSON.

Standard input: a list of {url, collection, filter: expression or "", box: [west, south, east, north] or null}.
Arguments: the part's root, the file to write: a list of {is_valid, crs, geometry, fields, rows, extent}.
"""

import json
import sys

ROOT, ANSWERS = sys.argv[1:3]
sys.path.insert(0, f"{ROOT}/usr/lib/python3/dist-packages")

import qgis.core as q  # noqa: E402  # found only now


def read(asked):
    layer = q.QgsVectorLayer(f"url='{asked['url']}' typename='{asked['collection']}'", "layer", "OAPIF")
    if not layer.isValid():
        return {"is_valid": False}
    request = q.QgsFeatureRequest()
    if asked["filter"]:
        request.setFilterExpression(asked["filter"])
    if asked["box"]:
        request.setFilterRect(q.QgsRectangle(*asked["box"]))
    names = layer.fields().names()
    return {
        "is_valid": True,
        "crs": layer.crs().authid(),
        "geometry": q.QgsWkbTypes.displayString(layer.wkbType()),
        "fields": names,
        "rows": [
            [str(feature.attribute(name)) for name in names] + [feature.geometry().asWkt(6)]
            for feature in layer.getFeatures(request)
        ],
    }


q.QgsApplication.setPrefixPath(f"{ROOT}/usr", True)
application = q.QgsApplication([], False)
application.initQgis()
answers = [read(asked) for asked in json.load(sys.stdin)]
with open(ANSWERS, "w", encoding="utf-8") as file:
    json.dump(answers, file)
application.exitQgis()
