/* Everything above single vectors, written once against names.h and compiled for each instruction set.
 *
 * A row's result never depends on the other rows, on the thread that computes it, or on how rows are grouped into
 * tiles: integer dot products are exact inside a group of 64, and floats are added in one fixed order.
 */

/* e^x to about 1e-7 relative, by 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2]; coefficients are 1/k!. */
static INLINE V FN(vexp)(V x) {
    x = vmin(vmax(x, vset(-87.0f)), vset(88.0f));
    V n = vround(vmul(x, vset(1.44269504f)));
    V r = vfma(n, vset(-0.693359375f), x); /* ln 2 in two parts: the first is exact in few bits */
    r = vfma(n, vset(2.12194440e-4f), r);
    V p = vset(1.0f / 5040.0f);
    p = vfma(p, r, vset(1.0f / 720.0f));
    p = vfma(p, r, vset(1.0f / 120.0f));
    p = vfma(p, r, vset(1.0f / 24.0f));
    p = vfma(p, r, vset(1.0f / 6.0f));
    p = vfma(p, r, vset(0.5f));
    p = vfma(p, r, vset(1.0f));
    p = vfma(p, r, vset(1.0f));
    return vmul(p, vpow2(n));
}

static INLINE V FN(vsilu)(V x) { return vdiv(x, vadd(vset(1.0f), FN(vexp)(vsub(vset(0.0f), x)))); }

/* Symmetric int8 with a scale for each group of 64: an outlier coarsens only its own group. */
static void FN(quantize_row)(const float *x, int n, int8_t *q, float *scales, int32_t *sums) {
    float tail[GROUP];
    for (int start = 0, g = 0; start < n; start += GROUP, g++) {
        const float *p = x + start;
        if (n - start < GROUP) {
            memset(tail, 0, sizeof tail);
            memcpy(tail, p, (size_t)(n - start) * sizeof(float));
            p = tail;
        }
        V a = vload(p), b = vload(p + 16), c = vload(p + 32), d = vload(p + 48);
        float largest = vhmax(vmax(vmax(vabs(a), vabs(b)), vmax(vabs(c), vabs(d))));
        V inverse = vset(largest > 0.0f ? 127.0f / largest : 0.0f);
        a = vround(vmul(a, inverse));
        b = vround(vmul(b, inverse));
        c = vround(vmul(c, inverse));
        d = vround(vmul(d, inverse));
        vstore_i8(q + start, a);
        vstore_i8(q + start + 16, b);
        vstore_i8(q + start + 32, c);
        vstore_i8(q + start + 48, d);
        scales[g] = largest / 127.0f;
        sums[g] = (int32_t)vsum(vadd(vadd(a, b), vadd(c, d))); /* whole numbers below 2^13: exact */
    }
}

static void FN(rms_norm)(const float *x, const float *weight, float eps, int n, float *out) {
    V sum = vset(0.0f);
    for (int i = 0; i < n; i += 16) {
        V v = vload(x + i);
        sum = vfma(v, v, sum);
    }
    V scale = vset(1.0f / sqrtf(vsum(sum) / (float)n + eps));
    for (int i = 0; i < n; i += 16) vstore(out + i, vmul(vmul(vload(x + i), scale), vload(weight + i)));
}

/* Two chains, even and odd columns: one would be bound by the latency of its additions. */
static INLINE void FN(tile_float)(const void *data, const int kind, int columns, const Rows *x, int row, const int rows,
                                  V *out) {
    V odd[8];
    UNROLL
    for (int b = 0; b < rows; b++) odd[b] = vset(0.0f);
    const float *f = data;
    const uint16_t *h = data;
    const float *v = x->values + row * x->value_stride;
    for (int k = 0; k < columns; k += 2, f += 32, h += 32) {
        V w0, w1;
        const char *ahead = kind == KIND_FLOAT32 ? (const char *)f + 4096 : (const char *)h + 4096;
        prefetch(ahead);
        if (kind == KIND_FLOAT32) {
            prefetch(ahead + 64);
            w0 = vload(f);
            w1 = vload(f + 16);
        } else {
            vload_pair_bf16(h, &w0, &w1);
        }
        UNROLL
        for (int b = 0; b < rows; b++) {
            out[b] = vfma(w0, vset(v[b * x->value_stride + k]), out[b]);
            odd[b] = vfma(w1, vset(v[b * x->value_stride + k + 1]), odd[b]);
        }
    }
    UNROLL
    for (int b = 0; b < rows; b++) out[b] = vadd(out[b], odd[b]);
}

/* 16 rows of weights times `rows` rows of activations, into out[rows]. */
static INLINE void FN(tile)(const Matrix *m, const int kind, int block, const Rows *x, int row, const int rows,
                            V *out) {
    const char *data = (const char *)m->data + (size_t)block * block_bytes(kind, m->columns);
    int groups = matrix_groups(m);
    UNROLL
    for (int b = 0; b < rows; b++) out[b] = vset(0.0f);
    if (kind == KIND_INT4) {
        tile_int4((const uint8_t *)data, (const uint16_t *)m->scales + (size_t)block * groups * 16, groups, x, row,
                  rows, out);
    } else if (kind == KIND_INT8) {
        tile_int8((const int8_t *)data, groups, x, row, rows, out);
        V scale = vload((const float *)m->scales + (size_t)block * 16);
        UNROLL
        for (int b = 0; b < rows; b++) out[b] = vmul(out[b], scale);
    } else {
        FN(tile_float)(data, kind, (int)packed_columns(kind, m->columns), x, row, rows, out);
    }
}

static INLINE void FN(store_block)(float *out, int valid, int mode, V v) {
    float tail[16];
    if (valid >= 16) {
        vstore(out, mode == MODE_ADD ? vadd(vload(out), v) : v);
        return;
    }
    vstore(tail, v);
    for (int i = 0; i < valid; i++) out[i] = mode == MODE_ADD ? out[i] + tail[i] : tail[i];
}

static INLINE void FN(product_tile)(const Matrix *m, const int kind, int block, const Rows *x, int row, const int rows,
                                    float *out, size_t out_stride, int mode) {
    V result[8], up[8];
    float *to = out + row * out_stride + (size_t)block * 16;
    if (mode == MODE_SILU) {
        FN(tile)(m, kind, 2 * block, x, row, rows, result);
        FN(tile)(m, kind, 2 * block + 1, x, row, rows, up);
        for (int b = 0; b < rows; b++) vstore(to + b * out_stride, vmul(FN(vsilu)(result[b]), up[b]));
        return;
    }
    FN(tile)(m, kind, block, x, row, rows, result);
    for (int b = 0; b < rows; b++) FN(store_block)(to + b * out_stride, m->rows - block * 16, mode, result[b]);
}

static INLINE void FN(product_kind)(const Matrix *m, const int kind, const Rows *x, int rows, int block, float *out,
                                    size_t out_stride, int mode) {
    const int widest = is_quantized(kind) ? FN(TILE_INT) : FN(TILE_FLOAT);
    int row = 0;
    if (widest >= 8)
        for (; rows - row >= 8; row += 8) FN(product_tile)(m, kind, block, x, row, 8, out, out_stride, mode);
    if (widest >= 4)
        for (; rows - row >= 4; row += 4) FN(product_tile)(m, kind, block, x, row, 4, out, out_stride, mode);
    for (; rows - row >= 2; row += 2) FN(product_tile)(m, kind, block, x, row, 2, out, out_stride, mode);
    if (row < rows) FN(product_tile)(m, kind, block, x, row, 1, out, out_stride, mode);
}

/* Output blocks [first, last) of m x. In MODE_SILU an output block is made of two of the matrix's. */
static void FN(product)(const Matrix *m, const Rows *x, int rows, int first, int last, float *out, size_t out_stride,
                        int mode) {
    for (int block = first; block < last; block++) {
        switch (m->kind) {
        case KIND_INT4: FN(product_kind)(m, KIND_INT4, x, rows, block, out, out_stride, mode); break;
        case KIND_INT8: FN(product_kind)(m, KIND_INT8, x, rows, block, out, out_stride, mode); break;
        case KIND_BFLOAT16: FN(product_kind)(m, KIND_BFLOAT16, x, rows, block, out, out_stride, mode); break;
        default: FN(product_kind)(m, KIND_FLOAT32, x, rows, block, out, out_stride, mode);
        }
    }
}

static void FN(store_kv)(void *cache, int kind, size_t offset, const float *x, int n) {
    if (kind == KIND_FLOAT32) {
        memcpy((float *)cache + offset, x, (size_t)n * sizeof(float));
        return;
    }
    for (int i = 0; i < n; i += 16) vstore_f16((uint16_t *)cache + offset + i, vload(x + i));
}

static INLINE V FN(load_kv)(const void *cache, const int kind, size_t at) {
    return kind == KIND_FLOAT32 ? vload((const float *)cache + at) : vload_f16((const uint16_t *)cache + at);
}

/* Where the i-th position of a past lies. */
static INLINE size_t FN(place)(const Past *past, int i, int head_dim) {
    int at = past->start + i < past->capacity ? past->start + i : past->start + i - past->capacity;
    return past->offset + (size_t)at * head_dim;
}

/* Scores of `heads` query heads that share these keys, then softmax, then the weighted values, `width` vectors of the
 * head at a time. */
static INLINE void FN(attend_heads)(const float *q, const int heads, int head_dim, const void *keys, const void *values,
                                    const int kind, const Past *past, float *scores, float *out, const int width) {
    const int length = past->length, room = ceil_div(length, 16) * 16;
    float scale = 1.0f / sqrtf((float)head_dim);
    for (int p = 0; p < length; p++) {
        size_t at = FN(place)(past, p, head_dim);
        V dot[2];
        for (int h = 0; h < heads; h++) dot[h] = vset(0.0f);
        for (int i = 0; i < head_dim; i += 16) {
            V k = FN(load_kv)(keys, kind, at + i);
            for (int h = 0; h < heads; h++) dot[h] = vfma(vload(q + h * head_dim + i), k, dot[h]);
        }
        for (int h = 0; h < heads; h++) scores[h * room + p] = vsum(dot[h]) * scale;
    }
    float inverse[2];
    for (int h = 0; h < heads; h++) {
        float *s = scores + h * room;
        for (int p = length; p < room; p++) s[p] = s[0];
        V top = vload(s);
        for (int p = 16; p < room; p += 16) top = vmax(top, vload(s + p));
        V largest = vset(vhmax(top)), sum = vset(0.0f);
        for (int p = 0; p < room; p += 16) vstore(s + p, FN(vexp)(vsub(vload(s + p), largest)));
        for (int p = length; p < room; p++) s[p] = 0.0f;
        for (int p = 0; p < room; p += 16) sum = vadd(sum, vload(s + p));
        inverse[h] = 1.0f / vsum(sum);
    }
    for (int i = 0; i < head_dim; i += 16 * width) {
        V sum[2][2];
        for (int h = 0; h < heads; h++)
            for (int j = 0; j < width; j++) sum[h][j] = vset(0.0f);
        for (int p = 0; p < length; p++) {
            size_t at = FN(place)(past, p, head_dim) + i;
            for (int j = 0; j < width; j++) {
                V v = FN(load_kv)(values, kind, at + 16 * j);
                for (int h = 0; h < heads; h++) sum[h][j] = vfma(vset(scores[h * room + p]), v, sum[h][j]);
            }
        }
        for (int h = 0; h < heads; h++)
            for (int j = 0; j < width; j++) vstore(out + h * head_dim + i + 16 * j, vmul(sum[h][j], vset(inverse[h])));
    }
}

static void FN(attend)(const float *q, int heads, int head_dim, const void *keys, const void *values, int kind,
                       Past past, float *scores, float *out) {
#define ATTEND(n, kv, width)                                                                                           \
    FN(attend_heads)(q + h * head_dim, n, head_dim, keys, values, kv, &past, scores, out + h * head_dim, width)
    int h = 0, wide = head_dim % 32 == 0;
    for (; h + 2 <= heads && wide; h += 2) {
        if (kind == KIND_FLOAT32) ATTEND(2, KIND_FLOAT32, 2);
        else ATTEND(2, KIND_FLOAT16, 2);
    }
    for (; h < heads; h++) {
        if (kind == KIND_FLOAT32) ATTEND(1, KIND_FLOAT32, 1);
        else ATTEND(1, KIND_FLOAT16, 1);
    }
#undef ATTEND
}

/* The scale of one group of 64 for values -8 .. 7: the plain choice maps the largest to -8; with `search`, 19 scales
 * around it are tried, each refitted by least squares, and the least squared error wins. Returns the scale as bfloat16,
 * so that rounding it costs nothing: the values are then rounded against what is stored. */
static uint16_t FN(int4_scale)(const float *w, int search) {
    V v[4];
    for (int i = 0; i < 4; i++) v[i] = vload(w + 16 * i);
    float largest = 0.0f;
    for (int i = 0; i < GROUP; i++)
        if (fabsf(w[i]) > fabsf(largest)) largest = w[i];
    if (largest == 0.0f) return 0;
    float best = -largest / 8.0f, best_gain = -1.0f;
    for (int step = -9; search && step <= 9; step++) {
        V inverse = vset(-(8.0f + 0.1f * (float)step) / largest), wq = vset(0.0f), qq = vset(0.0f);
        for (int i = 0; i < 4; i++) {
            V q = vmin(vmax(vround(vmul(v[i], inverse)), vset(-8.0f)), vset(7.0f));
            wq = vfma(v[i], q, wq);
            qq = vfma(q, q, qq);
        }
        float cross = vsum(wq), square = vsum(qq);
        if (square > 0.0f && cross * cross > best_gain * square) {
            best_gain = cross * cross / square; /* what the fit takes off the squared error */
            best = cross / square;
        }
    }
    return float_to_bf16(best);
}

static void FN(pack_block)(int kind, const void *w, int source_kind, int rows, int columns, int search, void *data,
                           void *scales) {
    size_t wide = packed_columns(kind, columns);
    memset(data, kind == KIND_INT4 ? 0x88 : 0, block_bytes(kind, columns));
    if (kind == KIND_INT4) memset(scales, 0, wide / GROUP * 16 * sizeof(uint16_t));
    if (kind == KIND_INT8) memset(scales, 0, 16 * sizeof(float));
    for (int r = 0; r < rows; r++) {
        const float *f = (const float *)w + (size_t)r * columns;
        const uint16_t *h = (const uint16_t *)w + (size_t)r * columns;
#define WEIGHT(k) (source_kind == KIND_FLOAT32 ? f[k] : bf16_to_float(h[k]))
        float row_scale = 0.0f, inverse = 0.0f;
        if (kind == KIND_INT8) {
            float largest = 0.0f;
            for (int k = 0; k < columns; k++) /* not fmaxf: GCC 12 for ARM fails on its reduction */
                if (fabsf(WEIGHT(k)) > largest) largest = fabsf(WEIGHT(k));
            row_scale = largest / 127.0f;
            inverse = largest > 0.0f ? 127.0f / largest : 0.0f;
            ((float *)scales)[r] = row_scale;
        }
        for (int start = 0; start < columns; start += GROUP) {
            int g = start / GROUP, n = columns - start < GROUP ? columns - start : GROUP;
            float part[GROUP] = {0};
            for (int k = 0; k < n; k++) part[k] = WEIGHT(start + k);
            if (kind == KIND_FLOAT32) {
                for (int k = 0; k < n; k++) ((float *)data)[(size_t)(start + k) * 16 + r] = part[k];
            } else if (kind == KIND_BFLOAT16) {
                for (int k = 0; k < n; k++)
                    ((uint16_t *)data)[(size_t)((start + k) / 2) * 32 + 2 * r + (k & 1)] = float_to_bf16(part[k]);
            } else if (kind == KIND_INT8) {
                int8_t *to = (int8_t *)data + (size_t)g * 1024 + 4 * r;
                for (int k = 0; k < n; k++) to[k / 4 * 64 + k % 4] = (int8_t)lrintf(part[k] * inverse);
            } else {
                uint16_t scale = FN(int4_scale)(part, search);
                float value = bf16_to_float(scale);
                float to_steps = value != 0.0f ? 1.0f / value : 0.0f;
                uint8_t *to = (uint8_t *)data + (size_t)g * 512 + 4 * r;
                ((uint16_t *)scales)[(size_t)g * 16 + r] = scale;
                uint8_t q[GROUP];
                for (int k = 0; k < GROUP; k++) {
                    long step = lrintf(part[k] * to_steps);
                    q[k] = (uint8_t)((step < -8 ? -8 : step > 7 ? 7 : step) + 8);
                }
                for (int k = 0; k < 32; k++) to[k / 4 * 64 + k % 4] = (uint8_t)(q[k] | q[k + 32] << 4);
            }
        }
#undef WEIGHT
    }
}

#include "words.h"
#include "convolution.h"
#include "filter.h"

static const Kernels FN(kernels) = {ISA_NAME,   FN(product),  FN(quantize_row), FN(rms_norm),  FN(store_kv),
                                    FN(attend), FN(convolve), FN(filter),       FN(pack_block)};
