"""Show a fitted peak: a picture (SVG) and the same for a terminal (text).

    plot_peak.py --in mass.json --fit fit.json --title "Z → μμ" --svg peak.svg --txt peak.txt \\
        [--cut-flow counts.json] [--tags counts.json]
"""

import argparse
from pathlib import Path
from typing import Any

from fit_peak import Peak, read_peak
from histogram import read_histogram
from peak_as_svg import picture
from peak_as_text import draw
from whole_file import read_json, write_text

WIDTH = 72


def notes_of(peak: Peak, unit: str) -> list[str]:
    return [
        f"mean    {peak.mean:.2f} ± {peak.mean_error:.2f} {unit}",
        f"width   {peak.width:.2f} ± {peak.width_error:.2f} {unit}",
        f"fit     χ² / ndf = {peak.chi2:.1f} / {peak.freedom}",
        f"entries {peak.entries:,}",
    ]


def cut_lines(flow: dict[str, Any]) -> list[str]:
    """Each cut, how many passed it, and a bar for the share of the first."""
    total = max(flow["passed"][0], 1)
    lines = ["", "cut flow"]
    for cut, passed in zip(flow["cuts"], flow["passed"], strict=True):
        blocks = "█" * round(30 * passed / total)
        lines.append(f"  {cut.replace('_', ' '):<16}{passed:>9,}  {blocks}")
    return lines


def tag_lines(tags: dict[str, Any]) -> list[str]:
    jets, tagged = tags["jets"], tags["tagged"]
    share = f" ({100 * tagged / jets:.1f} %)" if jets else ""
    return ["", f"jets  {jets:,} scored, {tagged:,} of them look like a top quark{share}"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a fitted peak.")
    parser.add_argument("--in", dest="histogram", type=Path, required=True)
    parser.add_argument("--name", default="mass", help="which histogram of the file")
    parser.add_argument("--fit", type=Path, required=True)
    parser.add_argument("--title", required=True)
    parser.add_argument("--unit", default="GeV")
    parser.add_argument("--svg", type=Path, required=True)
    parser.add_argument("--txt", type=Path, required=True)
    parser.add_argument("--cut-flow", type=Path)
    parser.add_argument("--tags", type=Path)
    options = parser.parse_args()
    histogram = read_histogram(options.histogram, options.name)
    peak = read_peak(options.fit)
    notes = notes_of(peak, options.unit)
    lines = [options.title, "═" * WIDTH, *draw(histogram, peak), ""]
    lines += [*notes, "        █ counted   • fitted"]
    if options.cut_flow:
        lines += cut_lines(read_json(options.cut_flow))
    if options.tags:
        lines += tag_lines(read_json(options.tags))
    write_text(options.svg, picture(histogram, peak, options.title, notes))
    write_text(options.txt, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
