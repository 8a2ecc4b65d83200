"""Public symbol servers by name: `--symbols microsoft`."""

from __future__ import annotations

from symbolicate.record import Record

__all__ = ["PRESETS", "Preset"]


class Preset(Record):
    """A public symbol server.

    Attributes:
        url: its address.
        layouts: the layouts that it answers, by their names in `layouts.table`, the usual one first.
        contents: what it has, in words.
        compressed: whether it may have files in the compressed form of SymStore.
    """

    url: str
    layouts: tuple[str, ...]
    contents: str
    compressed: bool = False


PRESETS: dict[str, Preset] = {
    "microsoft": Preset(
        "https://msdl.microsoft.com/download/symbols", ("symstore",), "Windows, Office, .NET: PDBs and binaries"
    ),
    "mozilla": Preset("https://symbols.mozilla.org", ("breakpad", "symstore"), "Firefox and Thunderbird", True),
    "chromium": Preset(
        "https://chromium-browser-symsrv.commondatastorage.googleapis.com", ("symstore",), "Chrome for Windows", True
    ),
    "electron": Preset("https://symbols.electronjs.org", ("breakpad", "symstore"), "Electron", True),
    "nvidia": Preset("https://driver-symbols.nvidia.com", ("symstore",), "drivers of NVIDIA for Windows", True),
    "amd": Preset("https://download.amd.com/dir/bin", ("symstore",), "drivers of AMD for Windows", True),
    "ubuntu": Preset("https://debuginfod.ubuntu.com", ("debuginfod",), "packages of Ubuntu"),
    "debian": Preset("https://debuginfod.debian.net", ("debuginfod",), "packages of Debian"),
    "fedora": Preset("https://debuginfod.fedoraproject.org", ("debuginfod",), "packages of Fedora"),
}
"""The servers by the names that a person gives them."""
