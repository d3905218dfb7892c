"""Writes small R files of the true format: named matrices and S4 objects, which rdata reads and does not write."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray
from rdata.conversion import ConverterFromPythonToR, to_r
from rdata.parser import RObject, RObjectType
from rdata.unparser import UnparserXDR
from rdata.unparser._unparser import pack_r_object_info


class S4Unparser(UnparserXDR):
    def unparse_r_object(self, obj: RObject) -> None:
        if obj.info.type is not RObjectType.S4:
            super().unparse_r_object(obj)
            return
        assert obj.attributes is not None
        self.unparse_int(pack_r_object_info(obj.info))
        self.unparse_r_object(obj.attributes)


def _matrix(data: xarray.DataArray, converter: Any) -> RObject:
    plain = converter.convert_to_r_object(data.to_numpy().ravel(order="F"))
    names = [np.array(data.coords[dimension].to_numpy(), dtype="U") for dimension in data.dims]
    attributes = converter.convert_to_r_attributes({"dim": np.array(data.shape, dtype=np.int32), "dimnames": names})
    return to_r.build_r_object(plain.info.type, value=plain.value, attributes=attributes)


def _s4(data: SimpleNamespace, converter: Any) -> RObject:
    attributes = converter.convert_to_r_attributes(vars(data))
    return to_r.build_r_object(RObjectType.S4, is_object=True, attributes=attributes, gp=16)


def write_rda(path: Path, objects: dict[str, Any]) -> Path:
    """``objects``: name -> DataFrame, labelled matrix (xarray.DataArray), S4 (SimpleNamespace), array, list or dict."""
    constructors = {**to_r.DEFAULT_CLASS_MAP, xarray.DataArray: _matrix, SimpleNamespace: _s4}
    content = ConverterFromPythonToR(constructor_dict=constructors).convert_to_r_data(objects, file_type="rda")
    with path.open("wb") as stream:
        stream.write(f"RDX{content.versions.format}\n".encode())
        S4Unparser(stream).unparse_r_data(content)
    return path


def labelled(values: list[list[float]] | np.ndarray, rows: list[str], columns: list[str]) -> xarray.DataArray:
    return xarray.DataArray(np.asarray(values), dims=["dim_0", "dim_1"], coords={"dim_0": rows, "dim_1": columns})
