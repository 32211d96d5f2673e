"""Facts about the house that would break silently."""

import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_platform_is_the_standard_library_s():
    assert Path(platform.__file__).parent == Path(sys.modules["os"].__file__).parent


def test_the_source_root_is_no_package():
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_no_package_shadows_the_standard_library():
    packages = {path.parent.name for path in [*ROOT.glob("*/__init__.py"), *ROOT.glob("platform/*/__init__.py")]}
    assert packages
    assert not packages & sys.stdlib_module_names
