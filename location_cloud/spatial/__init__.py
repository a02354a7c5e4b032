"""The spatial core every capability stands on: coordinates, boxes, GeoJSON, measures, indexes and cells."""
