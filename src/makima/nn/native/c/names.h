/* Gives every per-instruction-set function its own name: `vload` is `vload_avx2` while ISA is avx2, and so on.
 * The vector files and generic.h are included once for each instruction set, with ISA defined anew. */
#ifndef MAKIMA_NAMES_H
#define MAKIMA_NAMES_H

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define FN(name) JOIN(name, ISA)
#define INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

/* Whole loops whose bounds become constants, so that arrays of vectors stay in registers; and loops in part. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define PRAGMA(text) _Pragma(#text)
#define UNROLL_BY(n) PRAGMA(GCC unroll n)

#define V FN(V)
#define vload FN(vload)
#define vstore FN(vstore)
#define vset FN(vset)
#define vadd FN(vadd)
#define vsub FN(vsub)
#define vmul FN(vmul)
#define vdiv FN(vdiv)
#define vfma FN(vfma)
#define vmax FN(vmax)
#define vmin FN(vmin)
#define vabs FN(vabs)
#define vround FN(vround)
#define vpow2 FN(vpow2)
#define vsum FN(vsum)
#define vhmax FN(vhmax)
#define vload_bf16 FN(vload_bf16)
#define vload_f16 FN(vload_f16)
#define vstore_f16 FN(vstore_f16)
#define vload_pair_bf16 FN(vload_pair_bf16)
#define vstore_i8 FN(vstore_i8)
#define vstore_i16 FN(vstore_i16)
#define VWords FN(VWords)
#define VSums FN(VSums)
#define vload_words FN(vload_words)
#define vset_pair FN(vset_pair)
#define vno_sums FN(vno_sums)
#define vdot FN(vdot)
#define vfloats FN(vfloats)
#define prefetch FN(prefetch)
#define tile_int4 FN(tile_int4)
#define tile_int8 FN(tile_int8)

/* Four activations of one row, to be compared with all 16 rows' four weights. */
static inline int32_t load_four(const int8_t *p) {
    int32_t v;
    __builtin_memcpy(&v, p, 4);
    return v;
}

/* The same with two words. */
static inline int32_t load_pair(const int16_t *p) {
    int32_t v;
    __builtin_memcpy(&v, p, 4);
    return v;
}

#endif
