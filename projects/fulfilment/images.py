"""Pictures that people upload: judged by their bytes, decoded within limits, and written anew from their pixels.

The file's name and declared type are never asked. What comes out is WebP without metadata: no place, no camera.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 5 * 1024 * 1024
# What decoding may take of pixels; with libraries and what is written it stays within 100 MiB. A picture is refused
# by its header, before it takes more.
MOST_MEMORY = 60 * 1024 * 1024
# A progressive picture has ten scans or so; each is work over all of its pixels.
MOST_SCANS = 20
LARGEST_SIDE, LONGEST_SIDE = 1200, 30_000
FORMATS = ("JPEG", "PNG", "WEBP")
# Bytes for a pixel at the worst moment: as it is held, with what it becomes on its way to being small.
HELD = {"1": 6, "L": 2, "I;16": 8, "I": 8, "P": 9, "LA": 11, "PA": 12, "RGB": 5, "RGBA": 11, "CMYK": 4, "YCbCr": 4}
OF_WEBP = 15


class NotShown(ValueError):
    """The file is no picture that can be shown; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Picture:
    """WebP bytes with what pages need to know of them."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """Its name in addresses, so that they may be kept for good."""
        return hashlib.sha256(self.content).hexdigest()


def read_picture(content: bytes) -> Picture:
    """The picture in `content`, at most 1200 pixels wide and high. Raises NotShown."""
    if len(content) > MOST_BYTES:
        raise NotShown(_("The file has more than 5 MB. Save the picture smaller and try again."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
                _check_size(opened, content)
                opened.load()
                return _written_anew(opened)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotShown(_("This is no JPEG, PNG or WebP picture.")) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, NotShown):
            raise
        raise NotShown(_("The picture is damaged. Save it again and try once more.")) from error


def _check_size(opened: Image.Image, content: bytes) -> None:
    """Asked of the header, before anything is decoded. A JPEG is decoded smaller where it can be."""
    whole = opened.width * opened.height
    opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
    memory = opened.width * opened.height * (OF_WEBP if opened.format == "WEBP" else HELD.get(opened.mode, 16))
    is_progressive = opened.format == "JPEG" and "progressive" in opened.info
    if is_progressive:
        memory += whole * _of_progressive(opened)
    is_long = max(opened.size) > LONGEST_SIDE
    if is_long or memory > MOST_MEMORY or (is_progressive and content.count(b"\xff\xda") > MOST_SCANS):
        raise NotShown(_("The picture has too many pixels. Save it at most 2000 wide and high and try again."))


def _of_progressive(opened: Image.Image) -> int:
    """Bytes that are kept for a pixel until the last scan: two for each sample of each layer."""
    layers = [(across, down) for _number, across, down, _table in getattr(opened, "layer", [])]
    most = max((across * down for across, down in layers), default=1)
    return math.ceil(2 * sum(across * down for across, down in layers) / most)


def _written_anew(opened: Image.Image) -> Picture:
    has_alpha = "A" in opened.getbands() or "transparency" in opened.info
    # Other kinds of pixels cannot be made smaller well.
    picture = opened if opened.mode in ("L", "RGB", "RGBA", "CMYK") else opened.convert("RGBA" if has_alpha else "RGB")
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    pixels = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
    # A new image has no metadata to be carried over.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=82)
    return Picture(out.getvalue(), clean.width, clean.height)
