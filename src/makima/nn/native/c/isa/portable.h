/* Plain C: sixteen floats as an array. Any compiler vectorises these loops as far as its baseline allows. */
typedef struct {
    float lane[16];
} V;
#define LANES for (int i = 0; i < 16; i++)

static INLINE V vload(const float *p) {
    V r;
    LANES r.lane[i] = p[i];
    return r;
}
static INLINE void vstore(float *p, V a) { LANES p[i] = a.lane[i]; }
static INLINE V vset(float x) {
    V r;
    LANES r.lane[i] = x;
    return r;
}
static INLINE V vadd(V a, V b) {
    LANES a.lane[i] += b.lane[i];
    return a;
}
static INLINE V vsub(V a, V b) {
    LANES a.lane[i] -= b.lane[i];
    return a;
}
static INLINE V vmul(V a, V b) {
    LANES a.lane[i] *= b.lane[i];
    return a;
}
static INLINE V vdiv(V a, V b) {
    LANES a.lane[i] /= b.lane[i];
    return a;
}
/* Not fused: fmaf without the instruction is a slow library call. So this path alone differs in the last bits. */
static INLINE V vfma(V a, V b, V c) {
    LANES c.lane[i] += a.lane[i] * b.lane[i];
    return c;
}
static INLINE V vmax(V a, V b) {
    LANES a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}
static INLINE V vmin(V a, V b) {
    LANES a.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}
static INLINE V vabs(V a) {
    LANES a.lane[i] = __builtin_fabsf(a.lane[i]);
    return a;
}
/* Adding 1.5 * 2^23 leaves no bits for a fraction: nearest even, for |x| < 2^22. */
static INLINE V vround(V a) {
    LANES a.lane[i] = (a.lane[i] + 12582912.0f) - 12582912.0f;
    return a;
}
static INLINE V vpow2(V n) {
    LANES {
        union {
            int32_t i;
            float f;
        } v = {((int32_t)n.lane[i] + 127) << 23};
        n.lane[i] = v.f;
    }
    return n;
}
static INLINE float vsum(V a) {
    for (int width = 8; width; width /= 2)
        for (int i = 0; i < width; i++) a.lane[i] += a.lane[i + width];
    return a.lane[0];
}
static INLINE float vhmax(V a) {
    float m = a.lane[0];
    LANES m = a.lane[i] > m ? a.lane[i] : m;
    return m;
}
static INLINE V vload_bf16(const uint16_t *p) {
    V r;
    LANES r.lane[i] = bf16_to_float(p[i]);
    return r;
}
static INLINE void vload_pair_bf16(const uint16_t *p, V *even, V *odd) {
    LANES {
        even->lane[i] = bf16_to_float(p[2 * i]);
        odd->lane[i] = bf16_to_float(p[2 * i + 1]);
    }
}
static INLINE float FN(half_to_float)(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
    union {
        uint32_t u;
        float f;
    } v;
    if (magnitude >= 0x7c00) {
        v.u = sign | 0x7f800000 | (magnitude & 0x3ff) << 13;
    } else {
        /* The exponent is put right by a product, which also makes subnormals come out exactly. */
        v.u = magnitude << 13;
        v.f *= 0x1p112f;
        v.u |= sign;
    }
    return v.f;
}
static INLINE uint16_t FN(float_to_half)(float f) {
    union {
        float f;
        uint32_t u;
    } v = {f}, magic = {0.5f};
    uint32_t sign = (v.u >> 16) & 0x8000;
    v.u &= 0x7fffffff;
    if (v.u >= 0x47800000) return (uint16_t)(sign | (v.u > 0x7f800000 ? 0x7e00 : 0x7c00));
    if (v.u < 0x38800000) { /* subnormal: let the adder align and round */
        v.f += magic.f;
        return (uint16_t)(sign | (v.u - magic.u));
    }
    v.u += 0xc8000fff + ((v.u >> 13) & 1);
    return (uint16_t)(sign | v.u >> 13);
}
static INLINE V vload_f16(const uint16_t *p) {
    V r;
    LANES r.lane[i] = FN(half_to_float)(p[i]);
    return r;
}
static INLINE void vstore_f16(uint16_t *p, V a) { LANES p[i] = FN(float_to_half)(a.lane[i]); }
static INLINE void vstore_i8(int8_t *p, V a) { LANES p[i] = (int8_t)a.lane[i]; }
static INLINE void vstore_i16(int16_t *p, V a) {
    a = vround(a);
    LANES p[i] = (int16_t)a.lane[i];
}
typedef struct {
    int16_t word[32];
} VWords;
typedef struct {
    int32_t lane[16];
} VSums;
static INLINE VWords vload_words(const int16_t *p) {
    VWords r;
    memcpy(r.word, p, sizeof r.word);
    return r;
}
static INLINE VWords vset_pair(const int16_t *p) {
    VWords r;
    LANES r.word[2 * i] = p[0], r.word[2 * i + 1] = p[1];
    return r;
}
static INLINE VSums vno_sums(void) { return (VSums){{0}}; }
static INLINE VSums vdot(VSums sum, VWords w, VWords x) {
    LANES sum.lane[i] += w.word[2 * i] * x.word[2 * i] + w.word[2 * i + 1] * x.word[2 * i + 1];
    return sum;
}
static INLINE V vfloats(VSums a) {
    V r;
    LANES r.lane[i] = (float)a.lane[i];
    return r;
}
static INLINE void prefetch(const void *p) { __builtin_prefetch(p); }
enum { FN(TILE_INT) = 2, FN(TILE_FLOAT) = 2, FN(TILE_ROWS) = 2, FN(TILE_BLOCKS) = 1 };

static INLINE void tile_int4(const uint8_t *w, const uint16_t *scales, int groups, const Rows *x, int row,
                             const int rows, V *out) {
    for (int g = 0; g < groups; g++, w += 512, scales += 16)
        for (int b = 0; b < rows; b++) {
            const int8_t *q = x->quantized + (row + b) * x->quantized_stride + g * GROUP;
            int32_t bias = 8 * x->sums[(row + b) * x->group_stride + g];
            int32_t dot[16] = {0};
            for (int line = 0; line < 8; line++) LANES for (int k = 0; k < 4; k++) {
                    uint8_t byte = w[64 * line + 4 * i + k];
                    dot[i] += (byte & 15) * q[4 * line + k] + (byte >> 4) * q[32 + 4 * line + k];
                }
            V total;
            LANES total.lane[i] = (float)(dot[i] - bias);
            V scale = vmul(vload_bf16(scales), vset(x->scales[(row + b) * x->group_stride + g]));
            out[b] = vfma(scale, total, out[b]);
        }
}

static INLINE void tile_int8(const int8_t *w, int groups, const Rows *x, int row, const int rows, V *out) {
    for (int g = 0; g < groups; g++, w += 1024)
        for (int b = 0; b < rows; b++) {
            const int8_t *q = x->quantized + (row + b) * x->quantized_stride + g * GROUP;
            int32_t dot[16] = {0};
            for (int line = 0; line < 16; line++)
                LANES for (int k = 0; k < 4; k++) dot[i] += w[64 * line + 4 * i + k] * q[4 * line + k];
            V total;
            LANES total.lane[i] = (float)dot[i];
            out[b] = vfma(vset(x->scales[(row + b) * x->group_stride + g]), total, out[b]);
        }
}
#undef LANES
