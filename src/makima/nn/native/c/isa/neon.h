/* 64-bit ARM: sixteen floats as four registers. With DOTPROD defined, byte products use sdot. */
typedef struct {
    float32x4_t q[4];
} V;
#define QUADS for (int i = 0; i < 4; i++)

static INLINE V vload(const float *p) {
    V r;
    QUADS r.q[i] = vld1q_f32(p + 4 * i);
    return r;
}
static INLINE void vstore(float *p, V x) { QUADS vst1q_f32(p + 4 * i, x.q[i]); }
static INLINE V vset(float x) {
    V r;
    QUADS r.q[i] = vdupq_n_f32(x);
    return r;
}
static INLINE V vadd(V x, V y) {
    QUADS x.q[i] = vaddq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vsub(V x, V y) {
    QUADS x.q[i] = vsubq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vmul(V x, V y) {
    QUADS x.q[i] = vmulq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vdiv(V x, V y) {
    QUADS x.q[i] = vdivq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vfma(V x, V y, V z) {
    QUADS z.q[i] = vfmaq_f32(z.q[i], x.q[i], y.q[i]);
    return z;
}
static INLINE V vmax(V x, V y) {
    QUADS x.q[i] = vmaxq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vmin(V x, V y) {
    QUADS x.q[i] = vminq_f32(x.q[i], y.q[i]);
    return x;
}
static INLINE V vabs(V x) {
    QUADS x.q[i] = vabsq_f32(x.q[i]);
    return x;
}
static INLINE V vround(V x) {
    QUADS x.q[i] = vrndnq_f32(x.q[i]);
    return x;
}
static INLINE V vpow2(V n) {
    QUADS n.q[i] = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n.q[i]), vdupq_n_s32(127)), 23));
    return n;
}
static INLINE float vsum(V x) {
    float32x4_t s = vaddq_f32(vaddq_f32(x.q[0], x.q[2]), vaddq_f32(x.q[1], x.q[3]));
    float32x2_t d = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(d, 0) + vget_lane_f32(d, 1);
}
static INLINE float vhmax(V x) { return vmaxvq_f32(vmaxq_f32(vmaxq_f32(x.q[0], x.q[1]), vmaxq_f32(x.q[2], x.q[3]))); }
static INLINE V vload_bf16(const uint16_t *p) {
    V r;
    QUADS r.q[i] = vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p + 4 * i), 16));
    return r;
}
static INLINE void vload_pair_bf16(const uint16_t *p, V *even, V *odd) {
    QUADS {
        uint32x4_t pair = vreinterpretq_u32_u16(vld1q_u16(p + 8 * i));
        even->q[i] = vreinterpretq_f32_u32(vshlq_n_u32(pair, 16));
        odd->q[i] = vreinterpretq_f32_u32(vandq_u32(pair, vdupq_n_u32(0xffff0000)));
    }
}
static INLINE V vload_f16(const uint16_t *p) {
    V r;
    QUADS r.q[i] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * i)));
    return r;
}
static INLINE void vstore_f16(uint16_t *p, V x) {
    QUADS vst1_u16(p + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(x.q[i])));
}
static INLINE void vstore_i8(int8_t *p, V x) {
    int16x8_t a = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(x.q[0])), vqmovn_s32(vcvtnq_s32_f32(x.q[1])));
    int16x8_t b = vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(x.q[2])), vqmovn_s32(vcvtnq_s32_f32(x.q[3])));
    vst1q_s8(p, vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)));
}
static INLINE void vstore_i16(int16_t *p, V x) {
    QUADS vst1_s16(p + 4 * i, vqmovn_s32(vcvtnq_s32_f32(x.q[i])));
}
typedef struct {
    int16x8_t q[4];
} VWords;
typedef struct {
    int32x4_t q[4];
} VSums;
static INLINE VWords vload_words(const int16_t *p) {
    VWords r;
    QUADS r.q[i] = vld1q_s16(p + 8 * i);
    return r;
}
static INLINE VWords vset_pair(const int16_t *p) {
    VWords r;
    QUADS r.q[i] = vreinterpretq_s16_s32(vdupq_n_s32(load_pair(p)));
    return r;
}
static INLINE VSums vno_sums(void) {
    VSums r;
    QUADS r.q[i] = vdupq_n_s32(0);
    return r;
}
static INLINE VSums vdot(VSums sum, VWords w, VWords x) {
    QUADS sum.q[i] = vaddq_s32(sum.q[i], vpaddq_s32(vmull_s16(vget_low_s16(w.q[i]), vget_low_s16(x.q[i])),
                                                    vmull_high_s16(w.q[i], x.q[i])));
    return sum;
}
static INLINE V vfloats(VSums x) {
    V r;
    QUADS r.q[i] = vcvtq_f32_s32(x.q[i]);
    return r;
}
static INLINE void prefetch(const void *p) { __builtin_prefetch(p); }
enum { FN(TILE_INT) = 4, FN(TILE_FLOAT) = 2, FN(TILE_ROWS) = 4, FN(TILE_BLOCKS) = 1 };

/* Four rows' four weights against the same four activations. */
static INLINE int32x4_t FN(dot_four)(int32x4_t sum, int8x16_t w, int8x16_t x) {
#ifdef DOTPROD
    return vdotq_s32(sum, w, x);
#else
    int16x8_t a = vmull_s8(vget_low_s8(w), vget_low_s8(x)), b = vmull_high_s8(w, x);
    return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(a), vpaddlq_s16(b)));
#endif
}
static INLINE int8x16_t FN(same_four)(const int8_t *p) { return vreinterpretq_s8_s32(vdupq_n_s32(load_four(p))); }

static INLINE void tile_int4(const uint8_t *w, const uint16_t *scales, int groups, const Rows *x, int row,
                             const int rows, V *out) {
    const uint8x16_t nibble = vdupq_n_u8(15);
    for (int g = 0; g < groups; g++, w += 512, scales += 16) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        int32x4_t sum[4][4];
        for (int b = 0; b < rows; b++) QUADS sum[b][i] = vdupq_n_s32(-8 * x->sums[(row + b) * x->group_stride + g]);
        for (int line = 0; line < 8; line++) {
            prefetch(w + 4096 + 64 * line);
            QUADS {
                uint8x16_t raw = vld1q_u8(w + 64 * line + 16 * i);
                int8x16_t l = vreinterpretq_s8_u8(vandq_u8(raw, nibble)), h = vreinterpretq_s8_u8(vshrq_n_u8(raw, 4));
                for (int b = 0; b < rows; b++) {
                    const int8_t *v = q + b * x->quantized_stride + 4 * line;
                    sum[b][i] = FN(dot_four)(sum[b][i], l, FN(same_four)(v));
                    sum[b][i] = FN(dot_four)(sum[b][i], h, FN(same_four)(v + 32));
                }
            }
        }
        V scale = vload_bf16(scales);
        for (int b = 0; b < rows; b++) {
            V total;
            QUADS total.q[i] = vcvtq_f32_s32(sum[b][i]);
            out[b] = vfma(vmul(scale, vset(x->scales[(row + b) * x->group_stride + g])), total, out[b]);
        }
    }
}

static INLINE void tile_int8(const int8_t *w, int groups, const Rows *x, int row, const int rows, V *out) {
    for (int g = 0; g < groups; g++, w += 1024) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        int32x4_t sum[4][4];
        for (int b = 0; b < rows; b++) QUADS sum[b][i] = vdupq_n_s32(0);
        for (int line = 0; line < 16; line++) {
            prefetch(w + 4096 + 64 * line);
            QUADS {
                int8x16_t weights = vld1q_s8(w + 64 * line + 16 * i);
                for (int b = 0; b < rows; b++)
                    sum[b][i] = FN(dot_four)(sum[b][i], weights, FN(same_four)(q + b * x->quantized_stride + 4 * line));
            }
        }
        for (int b = 0; b < rows; b++) {
            V total;
            QUADS total.q[i] = vcvtq_f32_s32(sum[b][i]);
            out[b] = vfma(vset(x->scales[(row + b) * x->group_stride + g]), total, out[b]);
        }
    }
}
#undef QUADS
