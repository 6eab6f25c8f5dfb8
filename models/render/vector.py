"""Vectors of float32 as values of the compiled kernels.

A compiler's own vectorisation of the networks' loops keeps no tile of results in registers, and on some processors it
uses half of their width: 21 billion multiplications a second against 71 with the vectors below. LLVM splits a vector
where a machine's registers are narrower, so the same kernels run everywhere.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.extending import intrinsic

LANES = 16 if llvmlite.binding.get_host_cpu_features().get("avx512f") else 8
"""Pixels per vector: one register of AVX-512 or AVX2, two of NEON."""

FEATURES = 4
"""Numbers per entry of a hash table."""

_INT = ir.IntType(32)


class VectorType(types.Type):
    """numba's type of a vector of ``lanes`` float32."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"Vector{lanes}")


@register_default(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: VectorType) -> None:
        super().__init__(manager, numba_type, ir.VectorType(ir.FloatType(), numba_type.lanes))


def _address(context: Any, builder: Any, signature: Any, args: Any, indices: int) -> Any:
    """Pointer to the number at the indices that follow an array among the arguments."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    at = [context.cast(builder, args[n], signature.args[n], types.intp) for n in range(1, indices + 1)]
    return cgutils.get_item_pointer(context, builder, signature.args[0], array, at)


def _splat(builder: Any, number: Any, kind: Any) -> Any:
    undefined = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(undefined, number, ir.Constant(_INT, 0))
    return builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(_INT, kind.count), [0] * kind.count))


def _loader(lanes: int) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = context.get_value_type(signature.return_type)
        pointer = _address(context, builder, signature, args, 2)
        return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4)

    return lambda array, row, column: (VectorType(lanes)(array, row, column), codegen)


@intrinsic
def load(typingctx: Any, array: Any, row: Any, column: Any) -> Any:
    """Vector of array[row, column : column + LANES]; rows are contiguous float32."""
    return _loader(LANES)(array, row, column)


@intrinsic
def load_entry(typingctx: Any, array: Any, row: Any, column: Any) -> Any:
    """Vector of array[row, column : column + FEATURES]."""
    return _loader(FEATURES)(array, row, column)


@intrinsic
def store(typingctx: Any, array: Any, row: Any, column: Any, value: Any) -> Any:
    """Writes a vector to array[row, column : column + lanes]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _address(context, builder, signature, args, 2)
        builder.store(args[3], builder.bitcast(pointer, args[3].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, row, column, value), codegen


@intrinsic
def store_down(typingctx: Any, array: Any, row: Any, column: Any, value: Any) -> Any:
    """Writes a vector to array[row : row + lanes, column]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        top, left = (context.cast(builder, args[n], signature.args[n], types.intp) for n in (1, 2))
        for n in range(args[3].type.count):
            at = [builder.add(top, ir.Constant(top.type, n)), left]
            pointer = cgutils.get_item_pointer(context, builder, signature.args[0], array, at)
            builder.store(builder.extract_element(args[3], ir.Constant(_INT, n)), pointer)
        return context.get_dummy_value()

    return types.void(array, row, column, value), codegen


def _splatter(lanes: int) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(builder, args[0], context.get_value_type(signature.return_type))

    return VectorType(lanes)(types.float32), codegen


@intrinsic
def splat(typingctx: Any, number: Any) -> Any:
    """The same float32 in LANES lanes."""
    return _splatter(LANES)


@intrinsic
def splat_entry(typingctx: Any, number: Any) -> Any:
    """The same float32 in FEATURES lanes."""
    return _splatter(FEATURES)


@intrinsic
def multiply_add(typingctx: Any, number: Any, value: Any, total: Any) -> Any:
    """number * value + total, of a float32 and two vectors."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.fmul(_splat(builder, args[0], args[1].type), args[1], flags=("fast",))
        return builder.fadd(product, args[2], flags=("fast",))

    return value(types.float32, value, total), codegen


@intrinsic
def positive(typingctx: Any, value: Any) -> Any:
    """Each lane, or 0 where it is negative."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(args[0].type, [0.0] * args[0].type.count)
        return builder.select(builder.fcmp_ordered(">", args[0], zero), args[0], zero)

    return value(value), codegen


@intrinsic
def take_next(typingctx: Any, counter: Any) -> Any:
    """Counts an int64 (1,) up and returns what it was: no two threads get the same number."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), codegen
