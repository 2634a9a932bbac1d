"""Merge tables of rows: sorted by a key that is unique in the campaign.

    merge_rows.py --keys event jet --out all.parquet a.parquet b.parquet …

Flat, pairwise or by tens, in any order: the same bytes. A key seen twice means that a piece
went in twice, and is an error.
"""

import argparse
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rows import write_table


class DuplicateKey(Exception):
    """The same row came in twice."""


def merge(tables: list[pa.Table], keys: list[str]) -> pa.Table:
    joined = pa.concat_tables([table.replace_schema_metadata(None) for table in tables])
    order = pc.sort_indices(joined, sort_keys=[(key, "ascending") for key in keys])
    merged = joined.take(order).combine_chunks()
    refuse_duplicates(merged, keys)
    return merged


def refuse_duplicates(merged: pa.Table, keys: list[str]) -> None:
    distinct = merged.select(keys).group_by(keys).aggregate([])
    if distinct.num_rows != merged.num_rows:
        twice = merged.num_rows - distinct.num_rows
        raise DuplicateKey(f"{twice} rows have a key ({', '.join(keys)}) that was there before")


def main() -> None:
    parser = argparse.ArgumentParser(description="Merge tables of rows by a unique key.")
    parser.add_argument("--keys", nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("inputs", type=Path, nargs="+")
    options = parser.parse_args()
    tables = [pq.read_table(path) for path in options.inputs]
    write_table(options.out, merge(tables, options.keys))


if __name__ == "__main__":
    main()
