"""Parameters and answers of photos and papers of cases."""

from __future__ import annotations

from pydantic import BaseModel, Field

from location_cloud.cases.schema import InCase


class InNewFile(InCase):
    """The case that a file belongs to."""

    name: str = Field(
        "",
        pattern=r"^[^\x00-\x1f\x7f/\\]{0,200}$",
        max_length=200,
        description="what the file is called; empty = made up",
    )


class InFile(InCase):
    """One file of a case."""

    file: int = Field(ge=1, le=2**31 - 1, description="id of the file")
    plain: bool = Field(False, description="true = without place, time and maker that the camera wrote into it")


class OutFile(BaseModel):
    """A photo or paper of a case."""

    id: int
    case: int
    name: str
    media_type: str = Field(description="as found in its bytes")
    size: int = Field(description="bytes")
    sha256: str
    uploaded_at: str
    who: str
    stage: str = Field(description="of the case when it was added")
    lonlat: list[float] | None = Field(description="where its camera says that it was taken")
    distance_m: float | None = Field(description="from there to the case")
    taken_at: str | None = Field(description="when its camera says that it was taken")
    href: str
    crs: str | None = None


class OutFiles(BaseModel):
    """A case's files, oldest first."""

    files: list[OutFile]
    crs: str | None = None
