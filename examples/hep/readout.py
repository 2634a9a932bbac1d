"""What the detector recorded: tracker hits and calorimeter towers of a block of events (npz).

Arrays of equal length, events in increasing order:
hits `h_event h_layer h_phi h_z h_truth` (rad, mm; truth is the particle's place in its event,
-1 for noise), towers `t_event t_cell t_e` (GeV), and `p_event p_truth`: charged particles that a
perfect tracker would find. `settings.json` beside them says how they were made.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whole_file import replacing

Arrays = dict[str, NDArray[Any]]
EPOCH = (1980, 1, 1, 0, 0, 0)
SETTINGS = "settings.json"


@dataclass(frozen=True)
class Readout:
    arrays: Arrays
    settings: dict[str, Any]

    @property
    def events(self) -> range:
        first: int = self.settings["first_event"]
        return range(first, first + int(self.settings["events"]))

    def of_event(self, event: int) -> Arrays:
        """The arrays of one event, without their event column."""
        found: Arrays = {}
        for group in "htp":
            numbers = self.arrays[f"{group}_event"]
            start, stop = np.searchsorted(numbers, [event, event + 1])
            for name, array in self.arrays.items():
                if name.startswith(f"{group}_") and name != f"{group}_event":
                    found[name] = array[start:stop]
        return found


def write_readout(path: Path, arrays: Arrays, settings: Mapping[str, Any]) -> None:
    """Like `np.savez_compressed`, but with a fixed order and fixed times: equal bytes."""
    members = {f"{name}.npy": npy(arrays[name]) for name in sorted(arrays)}
    members[SETTINGS] = json.dumps(settings, sort_keys=True).encode()
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, EPOCH)
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=6)


def npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_readout(path: Path) -> Readout:
    with np.load(path, allow_pickle=False) as archive:
        settings = json.loads(archive[SETTINGS])
        arrays = {name: archive[name] for name in archive.files if name != SETTINGS}
    return Readout(arrays, settings)
