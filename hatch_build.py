"""The build hook: a wheel carries ``ymawky.s``, its prebuilt image and the sample site."""

from __future__ import annotations

import sys
import tempfile
from contextlib import chdir
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: What a wheel takes as it is from the checkout, below ``emu/data``.
CARRIED = ("ymawky.s", "www", "err")

#: Where an sdist carries the image, for machines that cannot assemble.
IMAGE = "emu/data/ymawky.img"

NO_IMAGE = (
    "ymawky: cannot assemble ymawky.s for the wheel: Keystone has wheels for x86-64 only;"
    " run `make` first, which builds it with another assembler"
)


class CarryTheServer(BuildHookInterface):  # type: ignore[type-arg]  # hatchling has no stubs
    """Add the server and its site to what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Map the files in; an editable install finds them in the checkout by itself."""
        if version == "editable":
            return
        root = Path(self.root)
        into: dict[str, str] = build_data["force_include"]
        if self.target_name == "wheel":
            into.update({str(root / name): f"emu/data/{name}" for name in CARRIED})
        into.update(self._image(root))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the image that was assembled for this build."""
        _ = version, build_data, artifact_path
        if self._scratch is not None:
            self._scratch.cleanup()

    _scratch: tempfile.TemporaryDirectory[str] | None = None

    def _image(self, root: Path) -> dict[str, str]:
        """Return where the image is and where it goes: assembled, else carried, else by `make`."""
        image = _assemble(root)
        if image is None:
            if (root / IMAGE).is_file():
                return {str(root / IMAGE): IMAGE}
            if (root / "ymawky").is_file():
                return {str(root / "ymawky"): "emu/data/ymawky"}
            sys.exit(NO_IMAGE)
        self._scratch = tempfile.TemporaryDirectory()
        path = Path(self._scratch.name, "ymawky.img")
        path.write_bytes(image)
        return {str(path): IMAGE}


def _assemble(root: Path) -> bytes | None:
    """Return the image of ``ymawky.s``, made by this very tree; None where nothing can make it."""
    sys.path.insert(0, str(root))
    try:
        from emu import asm  # only now can it be found
        from emu.asm import imagefile

        with chdir(root):  # the image names its source as a user of the wheel would
            source = Path("ymawky.s")
            return imagefile.dump(asm.assemble([source])) if asm.available() else None
    finally:
        sys.path.remove(str(root))
