"""Vectors of numbers as values of the compiled kernels.

A compiler's own vectorisation of the networks' loops keeps no tile of results in registers, and on some processors it
uses half of their width: 21 billion multiplications a second against 71 with the vectors below. LLVM splits a vector
where a machine's registers are narrower, and a gather where it has none, so the same kernels run everywhere.

Vectors add, subtract, multiply and divide with each other and with numbers of their own kind.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.extending import intrinsic, overload

_FEATURES = llvmlite.binding.get_host_cpu_features()

LANES = 16 if _FEATURES.get("avx512f") else 8
"""Pixels per vector: one register of AVX-512 or AVX2, two of NEON."""

DOTS = LANES == 16 and bool(_FEATURES.get("avx512bf16"))
"""Whether `add_dots` runs here."""

FEATURES = 4
"""Numbers per entry of a hash table."""

_INT = ir.IntType(32)
_FLOAT = ir.FloatType()
_FAST = ("fast",)


class VectorType(types.Type):
    """numba's type of a vector of ``lanes`` numbers, float32 or int32."""

    def __init__(self, lanes: int, integer: bool = False) -> None:
        self.lanes, self.integer = lanes, integer
        super().__init__(name=f"Vector{lanes}{'i' if integer else 'f'}")


@register_default(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, numba_type: VectorType) -> None:
        element = _INT if numba_type.integer else _FLOAT
        super().__init__(manager, numba_type, ir.VectorType(element, numba_type.lanes))


_FLOATS, _INTS = VectorType(LANES), VectorType(LANES, integer=True)


def _splat(builder: Any, number: Any, kind: Any) -> Any:
    undefined = ir.Constant(kind, ir.Undefined)
    single = builder.insert_element(undefined, number, ir.Constant(_INT, 0))
    return builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(_INT, kind.count), [0] * kind.count))


def _same(context: Any, builder: Any, signature: Any, args: Any) -> list[Any]:
    """The arguments as vectors of one type: those that are numbers fill one."""
    vectors = [t for t in signature.args if isinstance(t, VectorType)]
    kind = context.get_value_type(vectors[0])
    number = types.int32 if vectors[0].integer else types.float32
    return [
        a if isinstance(t, VectorType) else _splat(builder, context.cast(builder, a, t, number), kind)
        for a, t in zip(args, signature.args, strict=True)
    ]


def _vector_of(*operands: Any) -> VectorType:
    """Type of the vectors among the operands."""
    return next(t for t in operands if isinstance(t, VectorType))


def _arithmetic(symbol: Callable[[Any, Any], Any], floats: str, integers: str) -> None:
    """Gives vectors a binary operator, by the names of the builder's methods."""

    @intrinsic
    def apply(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            left, right = _same(context, builder, signature, args)
            if signature.return_type.integer:
                return getattr(builder, integers)(left, right)
            return getattr(builder, floats)(left, right, flags=_FAST)

        return _vector_of(a, b)(a, b), codegen

    @overload(symbol, inline="always")
    def operation(a, b):  # type: ignore[no-untyped-def]
        if not (isinstance(a, VectorType) or isinstance(b, VectorType)):
            return None
        return lambda a, b: apply(a, b)


_arithmetic(operator.add, "fadd", "add")
_arithmetic(operator.sub, "fsub", "sub")
_arithmetic(operator.mul, "fmul", "mul")
_arithmetic(operator.truediv, "fdiv", "sdiv")


@intrinsic
def where_less(typingctx: Any, a: Any, b: Any, then: Any, otherwise: Any) -> Any:
    """Each lane of ``then`` where a < b, of ``otherwise`` elsewhere; vectors or numbers, at least one a vector."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right, yes, no = _same(context, builder, signature, args)
        compare = builder.icmp_signed if signature.return_type.integer else builder.fcmp_ordered
        return builder.select(compare("<", left, right), yes, no)

    return _vector_of(a, b, then, otherwise)(a, b, then, otherwise), codegen


@intrinsic
def any_less(typingctx: Any, a: Any, b: Any) -> Any:
    """Whether a < b in any lane; float vectors or numbers, at least one a vector."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, right = _same(context, builder, signature, args)
        return _any(builder, builder.fcmp_ordered("<", left, right))

    return types.boolean(a, b), codegen


@intrinsic
def any_set(typingctx: Any, a: Any) -> Any:
    """Whether any lane of int32 is not zero."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _any(builder, builder.icmp_unsigned("!=", args[0], ir.Constant(args[0].type, None)))

    return types.boolean(a), codegen


def _any(builder: Any, lanes: Any) -> Any:
    """Whether any of the lanes' truths holds."""
    bits = ir.IntType(lanes.type.count)
    return builder.icmp_unsigned("!=", builder.bitcast(lanes, bits), bits(0))


@intrinsic
def truncate(typingctx: Any, value: Any) -> Any:
    """Lanes rounded towards zero, as int32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fptosi(args[0], context.get_value_type(signature.return_type))

    return VectorType(value.lanes, integer=True)(value), codegen


@intrinsic
def to_float(typingctx: Any, value: Any) -> Any:
    """Lanes of int32 as float32."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.sitofp(args[0], context.get_value_type(signature.return_type))

    return VectorType(value.lanes)(value), codegen


@intrinsic
def byte_of(typingctx: Any, value: Any, number: Any) -> Any:
    """A byte of each lane of int32 as float32; byte 0 is the lowest."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        places = builder.shl(context.cast(builder, args[1], signature.args[1], types.int32), ir.Constant(_INT, 3))
        lowest = builder.lshr(args[0], _splat(builder, places, kind))
        byte = builder.and_(lowest, ir.Constant(kind, [255] * kind.count))
        return builder.sitofp(byte, context.get_value_type(signature.return_type))

    return VectorType(value.lanes)(value, number), codegen


class _Elements(ir.instructions.Instruction):
    """Addresses of an array's numbers at a vector of indices: llvmlite knows only one address at a time."""

    def __init__(self, builder: Any, base: Any, index: Any) -> None:
        kind = ir.VectorType(ir.PointerType(), index.type.count)
        super().__init__(builder.block, kind, "getelementptr", (base, index))

    def descr(self, buf: list[str]) -> None:
        base, index = self.operands
        buf.append(f"getelementptr i32, {base.type} {base.get_reference()}, {index.type} {index.get_reference()}\n")


@intrinsic
def gather(typingctx: Any, array: Any, index: Any) -> Any:
    """A contiguous float32 or int32 array's numbers at int32 places, counted from its first number."""
    integer = isinstance(array.dtype, types.Integer)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        base = context.make_array(signature.args[0])(context, builder, args[0]).data
        at = _Elements(builder, base, args[1])
        builder._insert(at)
        kind, lanes = context.get_value_type(signature.return_type), args[1].type.count
        mask = ir.VectorType(ir.IntType(1), lanes)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(kind, [at.type, _INT, mask, kind]),
            f"llvm.masked.gather.v{lanes}{'i' if integer else 'f'}32.v{lanes}p0",
        )
        all_lanes, nothing = ir.Constant(mask, [1] * lanes), ir.Constant(kind, ir.Undefined)
        return builder.call(function, [at, ir.Constant(_INT, 4), all_lanes, nothing])

    return VectorType(index.lanes, integer)(array, index), codegen


def _address(context: Any, builder: Any, signature: Any, args: Any, down: int = 0) -> Any:
    """Pointer to array[row + down, column], of the first three arguments."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    row, column = (context.cast(builder, args[n], signature.args[n], types.intp) for n in (1, 2))
    row = builder.add(row, ir.Constant(row.type, down))
    return cgutils.get_item_pointer(context, builder, signature.args[0], array, [row, column])


def _load(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind = context.get_value_type(signature.return_type)
    return builder.load(builder.bitcast(_address(context, builder, signature, args), kind.as_pointer()), align=4)


@intrinsic
def load(typingctx: Any, array: Any, row: Any, column: Any) -> Any:
    """Vector of array[row, column : column + LANES]; rows are contiguous float32 or int32."""
    return (_INTS if isinstance(array.dtype, types.Integer) else _FLOATS)(array, row, column), _load


@intrinsic
def load_entry(typingctx: Any, array: Any, row: Any, column: Any) -> Any:
    """Vector of array[row, column : column + FEATURES]."""
    return VectorType(FEATURES)(array, row, column), _load


@intrinsic
def store(typingctx: Any, array: Any, row: Any, column: Any, value: Any) -> Any:
    """Writes a vector to array[row, column : column + lanes]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _address(context, builder, signature, args)
        builder.store(args[3], builder.bitcast(pointer, args[3].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, row, column, value), codegen


@intrinsic
def store_down(typingctx: Any, array: Any, row: Any, column: Any, value: Any) -> Any:
    """Writes a vector to array[row : row + lanes, column]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for n in range(args[3].type.count):
            number = builder.extract_element(args[3], ir.Constant(_INT, n))
            builder.store(number, _address(context, builder, signature, args, down=n))
        return context.get_dummy_value()

    return types.void(array, row, column, value), codegen


@intrinsic
def add_down(typingctx: Any, array: Any, row: Any, column: Any, value: Any) -> Any:
    """Adds a vector to array[row : row + lanes, column]."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for n in range(args[3].type.count):
            place = _address(context, builder, signature, args, down=n)
            number = builder.extract_element(args[3], ir.Constant(_INT, n))
            builder.store(builder.fadd(builder.load(place), number), place)
        return context.get_dummy_value()

    return types.void(array, row, column, value), codegen


def _fill(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return _splat(builder, args[0], context.get_value_type(signature.return_type))


@intrinsic
def splat(typingctx: Any, number: Any) -> Any:
    """The same float32 in LANES lanes."""
    return _FLOATS(types.float32), _fill


@intrinsic
def splat_entry(typingctx: Any, number: Any) -> Any:
    """The same float32 in FEATURES lanes."""
    return VectorType(FEATURES)(types.float32), _fill


@intrinsic
def join_halves(typingctx: Any, low: Any, high: Any) -> Any:
    """Two vectors of float32, rounded to bfloat16, as one of int32: the second in the upper halves."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = context.get_value_type(signature.return_type)

        def rounded(value: Any) -> Any:
            return builder.add(builder.bitcast(value, kind), _splat(builder, _INT(1 << 15), kind))

        below = builder.lshr(rounded(args[0]), _splat(builder, _INT(16), kind))
        return builder.or_(below, builder.and_(rounded(args[1]), _splat(builder, _INT(-1 << 16), kind)))

    return VectorType(low.lanes, integer=True)(low, high), codegen


@intrinsic
def add_dots(typingctx: Any, total: Any, pairs: Any, weights: Any) -> Any:
    """total + low * low + high * high, of the halves of each lane of ``pairs`` and those of an int32 of weights.

    Halves are bfloat16, as `join_halves` makes them. Only where `DOTS`.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums, halves = args[0].type, args[1].type
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(sums, [sums, halves, halves]), "llvm.x86.avx512bf16.dpbf16ps.512"
        )
        weight = _splat(builder, context.cast(builder, args[2], signature.args[2], types.int32), halves)
        return builder.call(function, [args[0], args[1], weight])

    return total(total, pairs, weights), codegen


@intrinsic
def take_next(typingctx: Any, counter: Any) -> Any:
    """Counts an int64 (1,) up and returns what it was: no two threads get the same number."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), codegen
