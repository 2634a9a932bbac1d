"""Reconstruct events: tracks from hits, jets from towers, with what the tagger needs.

    reco.py --in hits.npz --tracks tracks.parquet --jets jets.parquet --quality quality.json \\
        --counts counts.json

Rows are keyed by (event, track) and (event, jet), which are unique in a campaign.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from histogram import Axis, Histogram, fill, write_histograms
from jet_features import FEATURES, features
from jets import find_jets
from readout import Arrays, Readout, read_readout
from rows import Columns, write_rows
from track_finding import Hits, find_tracks, truth_of
from whole_file import write_json

MIN_JET_PT = 150.0

TRACK_TYPES: dict[str, type[np.generic]] = {
    "event": np.int64,
    "track": np.int32,
    "pt": np.float32,
    "eta": np.float32,
    "phi": np.float32,
    "charge": np.int8,
    "z0": np.float32,
    "chi2": np.float32,
    "hits": np.int8,
    "truth": np.int32,
    "findable": np.bool_,
}

JET_TYPES: dict[str, type[np.generic]] = {
    "event": np.int64,
    "jet": np.int32,
    **dict.fromkeys(("pt", "eta", "phi", "m", *FEATURES), np.float32),
}

Row = tuple[float, ...]


def reconstruct(event: int, arrays: Arrays, min_jet_pt: float) -> tuple[list[Row], list[Row]]:
    """Rows of tracks and of jets of one event, in the order of the types above."""
    layer, phi, z = (arrays[name].astype(float) for name in ("h_layer", "h_phi", "h_z"))
    tracks = find_tracks(Hits.of(layer.astype(np.int64), phi, z))
    truth = truth_of(tracks, arrays["h_truth"])
    findable = np.isin(truth, arrays["p_truth"])
    columns = (
        tracks.pt, tracks.eta, tracks.phi, tracks.charge, tracks.z0, tracks.chi2,
        tracks.hit_count, truth, findable,
    )  # fmt: skip
    track_rows: list[Row] = [
        (event, number, *row) for number, row in enumerate(zip(*columns, strict=True))
    ]
    jets = find_jets(arrays["t_cell"], arrays["t_e"].astype(float), min_jet_pt)
    jet_rows: list[Row] = [
        (event, number, jet.pt, jet.eta, jet.phi, jet.mass, *features(jet, tracks))
        for number, jet in enumerate(jets)
    ]
    return track_rows, jet_rows


def table(rows: list[Row], types: dict[str, type[np.generic]]) -> Columns:
    columns = zip(*rows, strict=True) if rows else iter([()] * len(types))
    return {
        name: np.array(column, dtype=kind)
        for (name, kind), column in zip(types.items(), columns, strict=True)
    }


def quality(tracks: Columns, jets: Columns) -> dict[str, Histogram]:
    """Histograms that show at a glance whether the detector and the reconstruction are well."""
    return {
        "track_pt": fill(Axis(0.0, 60.0, 60), tracks["pt"], "track pt / GeV"),
        "track_eta": fill(Axis(-2.5, 2.5, 50), tracks["eta"], "track eta"),
        "track_phi": fill(Axis(-3.2, 3.2, 32), tracks["phi"], "track phi / rad"),
        "track_hits": fill(Axis(5.5, 10.5, 5), tracks["hits"], "hits on a track"),
        "jet_pt": fill(Axis(0.0, 1500.0, 60), jets["pt"], "jet pt / GeV"),
        "jet_mass": fill(Axis(0.0, 300.0, 60), jets["m"], "jet mass / GeV"),
    }


def distinct_found(tracks: Columns) -> int:
    """Findable particles that have a track; one found twice counts once."""
    found = np.stack([tracks["event"], tracks["truth"].astype(np.int64)])[:, tracks["findable"]]
    return int(np.unique(found, axis=1).shape[1])


def counts_of(readout: Readout, tracks: Columns, jets: Columns) -> dict[str, Any]:
    """Integers to be added; the conditions, as text, must be equal where they are."""
    conditions = {name: f"{readout.settings[name]:g}" for name in ("efficiency", "noise")}
    return {
        "conditions": conditions,
        "events": len(readout.events),
        "findable": len(readout.arrays["p_truth"]),
        "found": distinct_found(tracks),
        "tracks": len(tracks["pt"]),
        "matched": int((tracks["truth"] >= 0).sum()),
        "jets": len(jets["pt"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconstruct tracks and jets.")
    parser.add_argument("--in", dest="hits", type=Path, required=True)
    parser.add_argument("--min-jet-pt", type=float, default=MIN_JET_PT, help="GeV")
    for name in ("tracks", "jets", "quality", "counts"):
        parser.add_argument(f"--{name}", type=Path, help="not written if not named")
    options = parser.parse_args()
    readout = read_readout(options.hits)
    pairs = [
        reconstruct(event, readout.of_event(event), options.min_jet_pt) for event in readout.events
    ]
    tracks = table([row for rows, _ in pairs for row in rows], TRACK_TYPES)
    jets = table([row for _, rows in pairs for row in rows], JET_TYPES)
    if options.tracks:
        write_rows(options.tracks, tracks)
    if options.jets:
        write_rows(options.jets, jets)
    if options.quality:
        write_histograms(options.quality, quality(tracks, jets))
    if options.counts:
        write_json(options.counts, counts_of(readout, tracks, jets))


if __name__ == "__main__":
    main()
