/* Makima's CPU kernels: one compilation unit, C11, libc and pthreads only.
 *
 *   types.h     packed layout, structures shared with Python         threads.h   the pool and its barrier
 *   names.h     one name for each function and instruction set       sample.h    drawing a code
 *   portable.h x86_avx2.h x86_avx512.h neon.h    vectors and byte products
 *   generic.h   products, norms, attention, packing                  step.h      decoder step, code predictor
 *   convolution.h words.h    convolutions in floats and in words     stack.h     a codec's, one after the other
 *   filter.h x86_amx.h       those of a vocoder, with norms          vocoder.h   one after the other
 *
 * Every instruction set is compiled into the one library, by target attributes, and chosen at run time: no -march flag
 * is needed, and none must be given, or the portable path would not run on an older machine.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "stack.h"
#include "step.h"
#include "threads.h"
#include "types.h"

#define ISA portable
#define ISA_NAME "portable"
#include "isa/portable.h"
#include "generic.h"
#undef ISA
#undef ISA_NAME

#if defined(__clang__)
#define BEGIN_TARGET_(t) _Pragma(#t)
#define BEGIN_TARGET(list) BEGIN_TARGET_(clang attribute push(__attribute__((target(list))), apply_to = function))
#define END_TARGET _Pragma("clang attribute pop")
#else
#define BEGIN_TARGET_(t) _Pragma(#t)
#define BEGIN_TARGET(list) _Pragma("GCC push_options") BEGIN_TARGET_(GCC target(list))
#define END_TARGET _Pragma("GCC pop_options")
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

BEGIN_TARGET("avx2,fma,f16c")
#define ISA avx2
#define ISA_NAME "avx2"
#include "isa/x86_avx2.h"
#include "generic.h"
#undef ISA
#undef ISA_NAME
END_TARGET

#if (defined(__clang__) && __clang_major__ >= 12) || (!defined(__clang__) && __GNUC__ >= 11)
#define HAS_AVXVNNI
BEGIN_TARGET("avx2,fma,f16c,avxvnni")
#define ISA avxvnni
#define ISA_NAME "avxvnni"
#define VNNI256
#include "isa/x86_avx2.h"
#include "generic.h"
#undef VNNI256
#undef ISA
#undef ISA_NAME
END_TARGET
#endif

BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#define ISA avx512
#define ISA_NAME "avx512"
#include "isa/x86_avx512.h"
#include "generic.h"
END_TARGET
#if defined(__linux__) && ((defined(__clang__) && __clang_major__ >= 14) || (!defined(__clang__) && __GNUC__ >= 11))
#include <sys/syscall.h>
#include <unistd.h>
#define HAS_AMX
BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,amx-tile,amx-bf16")
#include "isa/x86_amx.h"
END_TARGET
#endif
#undef ISA
#undef ISA_NAME

#elif defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#define ISA neon
#define ISA_NAME "neon"
#include "isa/neon.h"
#include "generic.h"
#undef ISA
#undef ISA_NAME

/* Older clangs declare the intrinsics only where the whole file is compiled for them. */
#if defined(__ARM_FEATURE_DOTPROD) || !defined(__clang__) || __clang_major__ >= 16
#define HAS_DOTPROD
#if defined(__clang__)
BEGIN_TARGET("dotprod")
#else
BEGIN_TARGET("arch=armv8.2-a+dotprod")
#endif
#define ISA dotprod
#define ISA_NAME "dotprod"
#define DOTPROD
#include "isa/neon.h"
#include "generic.h"
#undef DOTPROD
#undef ISA
#undef ISA_NAME
END_TARGET
#endif
#endif

#include "vocoder.h"

/* What this machine runs, best last. */
static int supported(const Kernels *list[8]) {
    int n = 0;
    list[n++] = &kernels_portable;
#if defined(__x86_64__)
    unsigned a, b, c = 0, d;
    __builtin_cpu_init();
    int f16c = __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 29)); /* no name for it in older compilers */
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && f16c) {
        list[n++] = &kernels_avx2;
#if defined(HAS_AVXVNNI)
        if (__get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4))) list[n++] = &kernels_avxvnni;
#endif
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512vnni"))
            list[n++] = &kernels_avx512;
    }
#elif defined(__aarch64__)
    list[n++] = &kernels_neon;
#if defined(HAS_DOTPROD) && defined(__linux__)
    if (getauxval(AT_HWCAP) & (1ul << 20)) list[n++] = &kernels_dotprod; /* HWCAP_ASIMDDP */
#elif defined(HAS_DOTPROD) && defined(__APPLE__)
    list[n++] = &kernels_dotprod; /* every Apple silicon has it */
#endif
#endif
    return n;
}

int makima_layout_version(void) { return LAYOUT_VERSION; }

/* The name of the index-th instruction set this machine runs, best last; NULL past the end. */
const char *makima_instruction_set(int index) {
    const Kernels *list[8];
    int n = supported(list);
    return index >= 0 && index < n ? list[index]->name : NULL;
}

/* Kernels by name; NULL where this machine does not run them. */
const Kernels *makima_kernels(const char *name) {
    const Kernels *list[8];
    int n = supported(list);
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i]->name, name)) return list[i];
    return NULL;
}

/* Whether filters of bfloat16 run here. Asks the system's leave for tiles, once and for the whole process. */
int makima_tiles(void) {
#if defined(HAS_AMX)
    enum { REQUEST = 0x1023, TILE_DATA = 18 };
    const Kernels *list[8];
    unsigned a, b, c, d;
    if (strcmp(list[supported(list) - 1]->name, "avx512")) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & (1u << 22)) || !(d & (1u << 24))) return 0;
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a & (1u << 5))) return 0;
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
#else
    return 0;
#endif
}

typedef struct {
    const Kernels *kernels;
    Matrix *m;
    const void *source;
    int source_kind, search;
} Packing;

static void pack_job(void *argument, Pool *pool, int thread) {
    const Packing *p = argument;
    const Matrix *m = p->m;
    size_t size = block_bytes(m->kind, m->columns), source_size = p->source_kind == KIND_FLOAT32 ? 4 : 2;
    for (Span s; (s = take(pool, thread, matrix_blocks(m), 1)).last;) {
        int block = s.first;
        int rows = m->rows - block * 16 < 16 ? m->rows - block * 16 : 16;
        char *scales = (char *)m->scales;
        scales += (size_t)block * 16 * (m->kind == KIND_INT8 ? sizeof(float) : sizeof(uint16_t) * matrix_groups(m));
        p->kernels->pack_block(m->kind, (const char *)p->source + (size_t)block * 16 * m->columns * source_size,
                               p->source_kind, rows, m->columns, p->search, (char *)m->data + block * size, scales);
    }
}

/* Bytes that data and scales of a packed matrix need. */
int64_t makima_data_bytes(const Matrix *m) {
    return (int64_t)matrix_blocks(m) * (int64_t)block_bytes(m->kind, m->columns);
}

/* source: row-major, float32 or bfloat16. */
void makima_pack(const Kernels *kernels, Pool *pool, Matrix *m, const void *source, int source_kind, int search) {
    Packing p = {kernels, m, source, source_kind, search};
    pool_run(pool, pack_job, &p);
}

typedef struct {
    const Kernels *kernels;
    const Matrix *m;
    const Rows *x;
    int rows;
    float *out;
} Product;

static void product_job(void *argument, Pool *pool, int thread) {
    const Product *p = argument;
    multiply(p->kernels, pool, thread, p->m, p->x, p->rows, p->out, (size_t)p->m->rows, MODE_STORE);
}

/* out [rows][matrix rows] = x [rows][columns] times the matrix, transposed. Returns 0, or -1 where memory ran out. */
int makima_product(const Kernels *kernels, Pool *pool, const Matrix *m, const float *x, int rows, float *out) {
    Rows r;
    int ok = allocate_rows(&r, rows, m->columns);
    if (ok) {
        for (int b = 0; b < rows; b++) {
            float *to = r.values + b * r.value_stride;
            memcpy(to, x + (size_t)b * m->columns, (size_t)m->columns * sizeof(float));
            if (is_quantized(m->kind))
                kernels->quantize_row(to, (int)r.value_stride, r.quantized + b * r.quantized_stride,
                                      r.scales + b * r.group_stride, r.sums + b * r.group_stride);
        }
        Product p = {kernels, m, &r, rows, out};
        pool_run(pool, product_job, &p);
    }
    free(r.values);
    free(r.quantized);
    free(r.scales);
    free(r.sums);
    return ok ? 0 : -1;
}

/* One draw, for tests and for samplers outside the predictor. */
int makima_sample(const float *logits, int n, const Sampling *how, float uniform) {
    Candidate *kept = malloc((size_t)n * sizeof *kept);
    if (!kept) return -1;
    int index = sample(logits, n, how, uniform, kept);
    free(kept);
    return index;
}
