"""Makes the fonts of the PDF from packages of the npm registry: `python -m devtools.fonts`, or `make vendor`.

Pinned as in `vendor.py`. Of each font only what a report needs is kept: no hints for screens, no typographic extras, and
of the largest ones only the characters that no other font is for. The same packages give the same bytes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from devtools.local import REPOSITORY
from devtools.vendor import Package, contents

TARGET = REPOSITORY / "plugins" / "import_export" / "exports" / "fonts"
FONTTOOLS = "fonttools==4.68.0"
LATIN = "ccmp,locl,tnum,kern,mark,mkmk"
"""Accents, and digits of one width for tables; without those by which `->` would become an arrow."""
NO_FEATURES = "none"
"""Chinese, Japanese and Korean need none in lines from left to right."""
SYMBOLS = "U+2000-2BFF"
ALL = "U+0-10FFFF"
HANGUL = "U+1100-11FF,U+3130-318F,U+A960-A97F,U+AC00-D7FF"
KANA_AND_SYMBOLS = "U+2000-2BFF,U+2E80-312F,U+3190-33FF,U+FE10-FE6F,U+FF00-FFEF"
HAN_OF = ("gb2312", "big5", "big5hkscs", "cp932", "cp949")
"""Encodings of mainland China, Taiwan, Hong Kong, Japan and Korea: the ideographs that people there can be expected to
use. The others, half of the font, are for scholars."""


def han() -> str:
    """Those ideographs, as `fonttools` wants characters to be told."""
    every = [*range(0x3400, 0xA000), *range(0xF900, 0xFB00), *range(0x20000, 0x30000)]
    return ",".join(f"U+{code:X}" for code in every if any(_knows(encoding, code) for encoding in HAN_OF))


def _knows(encoding: str, code: int) -> bool:
    try:
        return bool(chr(code).encode(encoding))
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True, slots=True)
class Font:
    """A family of the registry, and what is kept of it."""

    family: str
    version: str
    sha512: str
    files: dict[str, str]
    """Of the package, and how they are called here."""
    characters: str = ALL
    features: str = ""
    """Empty: those that `fonttools` takes for needed to write the script."""

    @property
    def package(self) -> Package:
        """The package in which it comes."""
        files = {f"{source}.ttf": f"{name}.ttf" for source, name in self.files.items()}
        licence = {"LICENSE_FONT": f"{self.family}.LICENSE"}
        return Package(f"@expo-google-fonts/{self.family}", self.version, self.sha512, files | licence)


def _regular(
    family: str, version: str, sha512: str, name: str, characters: str = ALL, features: str = ""
) -> Font:
    return Font(family, version, sha512, {f"400Regular/{name}_400Regular": family}, characters, features)


FONTS = (
    Font(
        "inter",
        "0.4.2",
        "syfiImMaDmq7cFi0of+waE2M4uSCyd16zgyWxdPOY7fN2VBmSLKEzkfbZgeOjJq61kSqPBNNtXjggiQiSD6gMQ==",
        {"400Regular/Inter_400Regular": "inter-400", "600SemiBold/Inter_600SemiBold": "inter-600"},
        features=LATIN,
    ),
    _regular(
        "noto-sans",
        "0.4.2",
        "zYD8G2ijWLxqmquoQgghNh/x9p0yxWwArD0oxO1oXY1qx5vOd4t0Kbhnu/Cx8RTy08OgA8RtxuULZFaXwVPnPw==",
        "NotoSans",
        features=LATIN,
    ),
    _regular(
        "noto-emoji",
        "0.4.7",
        "Gs7URwtKmCzzdGUTYbG8MIohyaQPgGxIaQG5hvyEAaQiEGJpQy6gyP3NDICE0EJkOJFoe1JFD3Hf1L4a3qe4KA==",
        "NotoEmoji",
    ),
    _regular(
        "noto-sans-arabic",
        "0.4.3",
        "YvtxyuegxPegu2g5urXJ+gQxRp8i798nQswTmEjwXOWR/fqy0Gvey6h5IoNRBrc43SxRxPezqCiR9ivpfPAXSg==",
        "NotoSansArabic",
    ),
    _regular(
        "noto-sans-hebrew",
        "0.4.1",
        "NR3vP6GT/hSINLrk4JHJBQnuzh/C1mlMrphNlI2dQaO53a3oTjSRoG4JyYb1B6bHadjsGh0wPZbT4kMJBKjT/w==",
        "NotoSansHebrew",
    ),
    _regular(
        "noto-sans-thai",
        "0.4.2",
        "PGBBBDGfJJ/5y2hNweLBZWD4YmVT4uOO4chsOPXyl0TktaBJamDKVKv/WbGiDTeBGdkegLiytsWo+lhnkHP5qA==",
        "NotoSansThai",
    ),
    _regular(
        "noto-sans-lao",
        "0.4.2",
        "gM/grIG03BWSk8lqiR1IC7WHpGH/8TrvwU0ZjEvs236YiN0LK2qQythq6lqcJbENo/0HMxdk13n35yhqnHVJ8g==",
        "NotoSansLao",
    ),
    _regular(
        "noto-sans-khmer",
        "0.4.3",
        "vBG7J/w4j+tPTPA53a43zb/s/K3AjHRTDbEG4omn/xs4dThknBh4aVRJ4zwROLy7OeZnhQPDkGRUEPAi8C/btg==",
        "NotoSansKhmer",
    ),
    _regular(
        "noto-sans-myanmar",
        "0.4.2",
        "qG8DHmy+7xFvW5z8lN3r5jjEXoQBhjpjoxXR/Y8/WcywirPIBZnFpAy5IlwCRSobJdCw3+i7gvmIz1bl6mp7bg==",
        "NotoSansMyanmar",
    ),
    _regular(
        "noto-sans-devanagari",
        "0.4.1",
        "26boYPNKGP1r4R5MxsMAY/zCQOwiXLOJzX8sh1a2oEWyQurQsyniaCv4992c+9jjwshEEt2NNVv5GcnyzaL7QQ==",
        "NotoSansDevanagari",
    ),
    _regular(
        "noto-sans-bengali",
        "0.4.4",
        "Ya58tLTEdP4P5EF3ZXTM829/g57mbfW8OrD16MMZr2sC3nIKItl/3J9tZlk1nrtqfFGzIgxb+zt/hLjAaTAQgQ==",
        "NotoSansBengali",
    ),
    _regular(
        "noto-sans-tamil",
        "0.4.3",
        "1TBkwJ8gJPnt1UIC+um987hYb/QmRDATGKbtwDW6dajISxr8b7+EVjwMESMJaQxfNS8VWE4IBT2jYmpBGw4D+w==",
        "NotoSansTamil",
    ),
    _regular(
        "noto-sans-sc",
        "0.4.3",
        "9rAwdFTFHbO/u6Cs0gj2jZbW74TGIiaFNQnXYH2s5wA1bzVkwbaviL4t8YUV642eGYjg86eH6DkAEQmfNHDncQ==",
        "NotoSansSC",
        f"{KANA_AND_SYMBOLS},{han()}",
        NO_FEATURES,
    ),
    _regular(
        "noto-sans-kr",
        "0.4.3",
        "EVS/uJPcf1TgJtjmQmrFr0oGdcl7ml09CSu0E/AyGzR0UfzdR2pBbzWWPsnuzZiGUl643ODYwYiXK5+B+fLjhQ==",
        "NotoSansKR",
        HANGUL,
        NO_FEATURES,
    ),
    _regular(
        "noto-sans-symbols-2",
        "0.4.1",
        "jFymG5s4OLlXpy9E9FQvSXpSnf43BIYcJiPXEHSw6LFNvbahkjmUWb/cj4vsX/KdUksGLTPbjB9iRuu8L3yJ8A==",
        "NotoSansSymbols2",
        SYMBOLS,
    ),
)


def make(font: Font, target: Path) -> None:
    """Fetch a family and keep what is needed of it in `target`, its licence beside it."""
    for name, content in contents(font.package).items():
        if name.endswith(".LICENSE"):
            (target / name).write_bytes(content)
        else:
            (target / name).write_bytes(_subset(content, font))


def _subset(content: bytes, font: Font) -> bytes:
    with tempfile.TemporaryDirectory() as room:
        whole, wanted, part = (Path(room) / name for name in ("whole.ttf", "characters.txt", "part.ttf"))
        whole.write_bytes(content)
        wanted.write_text(font.characters)
        options = [
            f"--unicodes-file={wanted}",
            "--no-hinting",
            "--drop-tables+=meta,STAT,DSIG,vhea,vmtx,VORG",
        ]
        if font.features:
            options.append(f"--layout-features={font.features}")
        uv = Path(sys.executable).with_name("uv")
        command = [uv, "tool", "run", "--quiet", "--from", FONTTOOLS, "fonttools", "subset", whole, *options]
        subprocess.run([*command, f"--output-file={part}"], check=True)
        return part.read_bytes()


def main() -> None:
    """Make all fonts, and only then put them in the place of those that are there."""
    with tempfile.TemporaryDirectory() as room:
        for font in FONTS:
            make(font, Path(room))
            print(f"{font.family} {font.version}")
        TARGET.mkdir(parents=True, exist_ok=True)
        for path in [*TARGET.glob("*.ttf"), *TARGET.glob("*.LICENSE")]:
            path.unlink()
        for path in Path(room).iterdir():
            shutil.copyfile(path, TARGET / path.name)


if __name__ == "__main__":
    main()
