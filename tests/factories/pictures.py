"""Pictures as people upload them."""

import io

from PIL import Image


def picture(size=(40, 30), kind="JPEG", **save):
    """Bytes of a picture."""
    out = io.BytesIO()
    Image.new("RGB", size, (10, 120, 140)).save(out, kind, **save)
    return out.getvalue()


def picture_with_place():
    """A photograph that says where it was taken."""
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    exif[0x010F] = "Camera of Ana"
    return picture(exif=exif.tobytes())
