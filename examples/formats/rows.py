"""Tables of rows in Parquet, written one way only: equal rows are equal bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from whole_file import replacing

Columns = dict[str, NDArray[Any]]

SETTINGS = b"ergon.settings"
ROW_GROUP = 1 << 20


def write_rows(
    path: Path, columns: Mapping[str, NDArray[Any]], settings: Mapping[str, Any] | None = None
) -> None:
    """Settings (how the rows were made) go into the schema; tables to be merged have none."""
    table = pa.table({name: pa.array(np.asarray(column)) for name, column in columns.items()})
    if settings is not None:
        text = json.dumps(settings, sort_keys=True)
        table = table.replace_schema_metadata({SETTINGS: text.encode()})
    write_table(path, table)


def write_table(path: Path, table: pa.Table) -> None:
    with replacing(path) as partial:
        pq.write_table(table, partial, compression="zstd", row_group_size=ROW_GROUP)


def read_rows(path: Path) -> Columns:
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def read_settings(path: Path) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(pq.read_schema(path).metadata[SETTINGS])
    return settings
