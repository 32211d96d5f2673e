"""Uploads that mean harm to whoever decodes them, each made here: bombs, polyglots, what is cut short or lies."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

MIB = 2**20


def _saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int, *, depth: int = 1, color: int = 0, rows: int | None = None, more: bytes = b"",
           lace: int = 0) -> bytes:  # fmt: skip
    """A PNG of zeros that says this size and holds so many rows."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    line = b"\0" * (1 + (width * depth * samples + 7) // 8)
    packer, body = zlib.compressobj(9), bytearray()
    for _ in range(height if rows is None else rows):
        body += packer.compress(line)
    body += packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, lace)
    palette = _chunk(b"PLTE", bytes(768)) if color == 3 else b""
    parts = (_chunk(b"IHDR", head), palette, more, _chunk(b"IDAT", bytes(body)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _jpeg_saying(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    whole = bytearray(_saved(Image.new("RGB", (8, 8)), "JPEG"))
    place = whole.index(b"\xff\xc0") + 5
    whole[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(whole)


def _jpeg_of_scans(times: int, size: tuple[int, int]) -> bytes:
    """A progressive JPEG whose last scans come again and again."""
    whole = _saved(Image.new("RGB", size, (9, 99, 199)), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * times + whole[-2:]


def _webp_saying(width: int, height: int) -> bytes:
    """An extended WebP whose canvas is larger than its picture."""
    plain = _saved(Image.new("RGB", (8, 8)), "WEBP", lossless=True)[12:]
    canvas = struct.pack("<I", 0)[:4] + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + plain
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _frames(kind: str, count: int, size: tuple[int, int], **how: Any) -> bytes:
    images = [Image.new("RGB", size, (number % 256, 9, 9)) for number in range(count)]
    return _saved(images[0], kind, save_all=True, append_images=images[1:], **how)


def _zip(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", content)
    return out.getvalue()


def _large() -> dict[str, bytes]:
    """Large when decoded, or said to be."""
    return {
        "png of 50,000 x 50,000 bits": png_of(50_000, 50_000, rows=2000),
        "png of 20,000 x 20,000 bits": png_of(20_000, 20_000),
        "png that says 2^31 - 1 squared": png_of(2**31 - 1, 2**31 - 1, rows=0),
        "png that says 2^31 - 1 by one": png_of(2**31 - 1, 1, rows=0),
        "png of one row, 39 million wide": png_of(39_000_000, 1),
        "png of 39 million rows": png_of(1, 5_000_000),
        "png with a palette, 6,000 x 6,000": png_of(6000, 6000, depth=8, color=3),
        "png of 16 bits and alpha, 3,000 x 3,000": png_of(3000, 3000, depth=16, color=6),
        "png of 16 bits, 6,300 x 6,300": png_of(6300, 6300, depth=16, color=0),
        "png with alpha, 2,380 x 2,380": png_of(2380, 2380, depth=8, color=6),
        "png of colours, 3,530 x 3,530": png_of(3530, 3530, depth=8, color=2),
        "png of greys, 5,600 x 5,600": png_of(5600, 5600, depth=8, color=0),
        "png with a palette, 2,640 x 2,640": png_of(2640, 2640, depth=8, color=3),
        "png with alpha, 3,400 x 3,400": png_of(3400, 3400, depth=8, color=6),
        "png with alpha, 6,300 x 6,300": png_of(6300, 6300, depth=8, color=6),
        "png interlaced, 6,000 x 6,000": png_of(6000, 6000, depth=8, color=2, lace=1, rows=12_000),
        "png without its pixels": png_of(3000, 3000, depth=8, color=2, rows=0),
        "png with more pixels than it says": png_of(10, 10, rows=4_000_000),
        "jpeg that says 65,500 squared": _jpeg_saying(65_500, 65_500),
        "jpeg that says 6,000 x 6,000": _jpeg_saying(6000, 6000),
        "jpeg of 6,300 x 6,300": _saved(Image.new("RGB", (6300, 6300)), "JPEG", quality=5),
        "jpeg of 65,000 x 600": _saved(Image.new("RGB", (65_000, 600)), "JPEG", quality=5),
        "jpeg progressive, 6,300 x 6,300": _saved(Image.new("RGB", (6300, 6300)), "JPEG", progressive=True, quality=5),
        "jpeg progressive, 4:4:4, 3,900 x 3,900": _saved(
            Image.new("RGB", (3900, 3900)), "JPEG", progressive=True, subsampling=0, quality=5
        ),
        "jpeg of 2,000 scans": _jpeg_of_scans(2000, (2000, 2000)),
        "jpeg of 60 scans": _jpeg_of_scans(60, (3000, 3000)),
        "jpeg in four inks, 5,000 x 5,000": _saved(Image.new("CMYK", (5000, 5000)), "JPEG", quality=5),
        "webp of 16,383 squared": _webp_saying(16_383, 16_383),
        "webp canvas of 16,777,215 squared": _webp_saying(16_777_215, 16_777_215),
        "webp without loss, 6,000 x 6,000": _saved(Image.new("RGB", (6000, 6000)), "WEBP", lossless=True, method=0),
        "webp with alpha, 2,500 x 2,500": _saved(Image.new("RGBA", (2500, 2500)), "WEBP", lossless=True, method=0),
        "webp without loss, 2,000 x 2,000": _saved(Image.new("RGB", (2000, 2000)), "WEBP", lossless=True, method=0),
        "jpeg progressive, 4:4:4, 2,990 x 2,990": _saved(
            Image.new("RGB", (2990, 2990)), "JPEG", progressive=True, subsampling=0, quality=5
        ),
        "webp of 300 frames": _frames("WEBP", 300, (600, 600), method=0),
    }  # fmt: skip


def _odd() -> dict[str, bytes]:
    """No picture, two things at once, cut short, or full of something else."""
    png, jpeg = png_of(40, 30, depth=8, color=2), _saved(Image.new("RGB", (40, 30)), "JPEG")
    webp = _saved(Image.new("RGB", (40, 30)), "WEBP")
    texts = PngImagePlugin.PngInfo()
    for number in range(60):
        texts.add_text(f"k{number}", "x" * MIB, zip=True)
    icc = b"icc\0\0" + zlib.compress(b"\0" * 60 * MIB, 9)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    laughs = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    return {
        "gif of 4,000 frames": _frames("GIF", 4000, (8, 8)),
        "gif that says 65,535 squared": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b";",
        "apng of 400 frames": _frames("PNG", 400, (300, 300)),
        "apng that says 2^31 - 1 frames": png_of(10, 10, more=_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
        "png with 60 MiB of packed words": _saved(Image.new("RGB", (8, 8)), "PNG", pnginfo=texts),
        "png with 60 MiB of colours packed": png_of(8, 8, more=_chunk(b"iCCP", icc)),
        "png with 4 MiB behind its end": png + b"\0" * 4 * MIB,
        "png cut short": png[:-20], "jpeg cut short": jpeg[: len(jpeg) // 2], "webp cut short": webp[:-9],
        "png with a wrong sum": png[:40] + b"\xff" + png[41:], "png of its head alone": png[:8],
        "jpeg of its head alone": jpeg[:3], "nothing": b"", "one byte": b"\x89", "5 MiB of zeros": bytes(5 * MIB - 1),
        "6 MiB of zeros": bytes(6 * MIB), "svg with a script": svg, "svg that laughs": laughs + b"]><svg>&j;</svg>",
        "html": b"<html><script>alert(1)</script>",
        "html behind a jpeg's head": jpeg[:20] + b"<script>alert(1)</script>",
        "jpeg and html at once": jpeg + b"<html><script>alert(1)</script>", "gif and script at once": b"GIF89a/*" + svg,
        "zip of a bomb": _zip(png_of(20_000, 20_000)), "png and zip at once": png + _zip(bytes(50 * MIB)),
        "pdf and jpeg at once": b"%PDF-1.7\n" + jpeg, "tiff of 2^31 rows": b"II*\0\x08\0\0\0\x01\0" + bytes(40),
        "bmp of 2^31 squared": b"BM" + bytes(16) + struct.pack("<iiHH", 2**31 - 1, 2**31 - 1, 1, 24) + bytes(30),
        "ico of pngs": struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(png), 22) + png,
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "avif": b"\0\0\0\x1cftypavif" + bytes(60),
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(x) run\n",
        "jpeg of 2,000 notes": jpeg[:2] + (b"\xff\xfe\x07\xd2" + b"x" * 2000) * 2000 + jpeg[2:],
    }  # fmt: skip


def bombs() -> dict[str, bytes]:
    """By what they are."""
    return _large() | _odd()
