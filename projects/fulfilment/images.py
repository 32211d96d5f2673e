"""Pictures that people upload: judged by their bytes, decoded within limits, and written anew from their pixels.

The file's name and declared type are never asked. What comes out is WebP without metadata: no place, no camera.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 40_000_000
LARGEST_SIDE = 1200
FORMATS = ("JPEG", "PNG", "WEBP")


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
                _check_size(opened)
                opened.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))
                opened.load()
                picture = ImageOps.exif_transpose(opened)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotShown(_("This is no JPEG, PNG or WebP picture.")) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, NotShown):
            raise
        raise NotShown(_("The picture is damaged. Save it again and try once more.")) from error
    return _written_anew(picture)


def _check_size(opened: Image.Image) -> None:
    """Asked of the header, before anything is decoded."""
    if opened.width * opened.height > MOST_PIXELS:
        raise NotShown(_("The picture has more than 40 million pixels. Save it smaller and try again."))


def _written_anew(picture: Image.Image) -> Picture:
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    pixels = picture.convert("RGBA" if has_alpha else "RGB")
    pixels.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    # A new image has no metadata to be carried over.
    clean = Image.new(pixels.mode, pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, "WEBP", quality=82)
    return Picture(out.getvalue(), clean.width, clean.height)
