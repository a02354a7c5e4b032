"""Assignment forms as PDF, a page or more each."""

from __future__ import annotations

from collections.abc import Sequence

from location_cloud.pdf_pages import Pages
from location_cloud.searches.export_form import Sheet

SHARES = (0.08, 0.1, 0.22, 0.1, 0.09, 0.1, 0.11, 0.1, 0.1)
"""Of the table's width, by column."""

HINT = "pip install 'location-cloud[render]', or ask for form=html"


def as_pdf(forms: Sequence[Sheet]) -> bytes:
    """The forms, with a warning on every page: they are handed out one by one. Raises NotInstalled without Skia."""
    pages = Pages(HINT)
    for form in forms:
        pages.begin(form.warning)
        pages.write(form.title, pages.head)
        for name, text in form.facts:
            pages.paragraph(f"{name}:  {text}")
        pages.y += 4
        pages.write(form.table)
        for row in (form.columns, *form.rows):
            pages.row(row, SHARES)
        for name in form.blanks:
            pages.box(name)
    return pages.finish()
