/* AVX-512 with VNNI: sixteen floats are one register, and so is one line of weights. */
typedef struct {
    __m512 a;
} V;

static INLINE V vload(const float *p) { return (V){_mm512_loadu_ps(p)}; }
static INLINE void vstore(float *p, V x) { _mm512_storeu_ps(p, x.a); }
static INLINE V vset(float x) { return (V){_mm512_set1_ps(x)}; }
static INLINE V vadd(V x, V y) { return (V){_mm512_add_ps(x.a, y.a)}; }
static INLINE V vsub(V x, V y) { return (V){_mm512_sub_ps(x.a, y.a)}; }
static INLINE V vmul(V x, V y) { return (V){_mm512_mul_ps(x.a, y.a)}; }
static INLINE V vdiv(V x, V y) { return (V){_mm512_div_ps(x.a, y.a)}; }
static INLINE V vfma(V x, V y, V z) { return (V){_mm512_fmadd_ps(x.a, y.a, z.a)}; }
static INLINE V vmax(V x, V y) { return (V){_mm512_max_ps(x.a, y.a)}; }
static INLINE V vmin(V x, V y) { return (V){_mm512_min_ps(x.a, y.a)}; }
static INLINE V vabs(V x) { return (V){_mm512_abs_ps(x.a)}; }
static INLINE V vround(V x) { return (V){_mm512_roundscale_ps(x.a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
static INLINE V vpow2(V n) {
    __m512i e = _mm512_add_epi32(_mm512_cvtps_epi32(n.a), _mm512_set1_epi32(127));
    return (V){_mm512_castsi512_ps(_mm512_slli_epi32(e, 23))};
}
static INLINE float vsum(V x) {
    __m256 s = _mm256_add_ps(_mm512_castps512_ps256(x.a), _mm512_extractf32x8_ps(x.a, 1));
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}
static INLINE float vhmax(V x) {
    __m256 s = _mm256_max_ps(_mm512_castps512_ps256(x.a), _mm512_extractf32x8_ps(x.a, 1));
    __m128 q = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_shuffle_ps(q, q, 1)));
}
static INLINE V vload_bf16(const uint16_t *p) {
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)p));
    return (V){_mm512_castsi512_ps(_mm512_slli_epi32(wide, 16))};
}
static INLINE void vload_pair_bf16(const uint16_t *p, V *even, V *odd) {
    __m512i pair = _mm512_loadu_si512(p);
    *even = (V){_mm512_castsi512_ps(_mm512_slli_epi32(pair, 16))};
    *odd = (V){_mm512_castsi512_ps(_mm512_and_si512(pair, _mm512_set1_epi32((int)0xffff0000)))};
}
static INLINE V vload_f16(const uint16_t *p) { return (V){_mm512_cvtph_ps(_mm256_loadu_si256((const void *)p))}; }
static INLINE void vstore_f16(uint16_t *p, V x) {
    _mm256_storeu_si256((void *)p, _mm512_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
static INLINE void vstore_i8(int8_t *p, V x) {
    _mm_storeu_si128((void *)p, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(x.a)));
}
static INLINE void vstore_i16(int16_t *p, V x) {
    _mm256_storeu_si256((void *)p, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(x.a)));
}
typedef struct {
    __m512i a;
} VWords;
typedef VWords VSums;
static INLINE VWords vload_words(const int16_t *p) { return (VWords){_mm512_loadu_si512(p)}; }
static INLINE VWords vset_pair(const int16_t *p) { return (VWords){_mm512_set1_epi32(load_pair(p))}; }
static INLINE VSums vno_sums(void) { return (VSums){_mm512_setzero_si512()}; }
/* By its name, for GCC 12 copies every sum before the intrinsic changes it, and runs out of registers. */
static INLINE VSums vdot(VSums sum, VWords w, VWords x) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum.a) : "v"(w.a), "v"(x.a));
    return sum;
}
static INLINE V vfloats(VSums x) { return (V){_mm512_cvtepi32_ps(x.a)}; }
static INLINE void prefetch(const void *p) { _mm_prefetch(p, _MM_HINT_T0); }
enum { FN(TILE_INT) = 8, FN(TILE_FLOAT) = 4, FN(TILE_ROWS) = 8, FN(TILE_BLOCKS) = 2 };

static INLINE void tile_int4(const uint8_t *w, const uint16_t *scales, int groups, const Rows *x, int row,
                             const int rows, V *out) {
    const __m512i nibble = _mm512_set1_epi8(15);
    for (int g = 0; g < groups; g++, w += 512, scales += 16) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        __m512i low[8], high[8];
        UNROLL
        for (int b = 0; b < rows; b++) {
            low[b] = _mm512_set1_epi32(-8 * x->sums[(row + b) * x->group_stride + g]);
            high[b] = _mm512_setzero_si512();
        }
        UNROLL_BY(8)
        for (int line = 0; line < 8; line++) {
            prefetch(w + 4096 + 64 * line);
            __m512i raw = _mm512_loadu_si512(w + 64 * line);
            __m512i l = _mm512_and_si512(raw, nibble);
            __m512i h = _mm512_and_si512(_mm512_srli_epi16(raw, 4), nibble);
            UNROLL
            for (int b = 0; b < rows; b++) {
                const int8_t *v = q + b * x->quantized_stride + 4 * line;
                low[b] = _mm512_dpbusd_epi32(low[b], l, _mm512_set1_epi32(load_four(v)));
                high[b] = _mm512_dpbusd_epi32(high[b], h, _mm512_set1_epi32(load_four(v + 32)));
            }
        }
        V scale = vload_bf16(scales);
        UNROLL
        for (int b = 0; b < rows; b++) {
            V total = {_mm512_cvtepi32_ps(_mm512_add_epi32(low[b], high[b]))};
            out[b] = vfma(vmul(scale, vset(x->scales[(row + b) * x->group_stride + g])), total, out[b]);
        }
    }
}

static INLINE void tile_int8(const int8_t *w, int groups, const Rows *x, int row, const int rows, V *out) {
    const __m512i offset = _mm512_set1_epi8((char)0x80);
    for (int g = 0; g < groups; g++, w += 1024) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        __m512i even[8], odd[8];
        UNROLL
        for (int b = 0; b < rows; b++) {
            /* Weights become unsigned by adding 128, which is taken back as 128 times the sum of the activations. */
            even[b] = _mm512_set1_epi32(-128 * x->sums[(row + b) * x->group_stride + g]);
            odd[b] = _mm512_setzero_si512();
        }
        UNROLL_BY(8)
        for (int line = 0; line < 16; line += 2) {
            prefetch(w + 4096 + 64 * line);
            prefetch(w + 4096 + 64 * line + 64);
            __m512i a = _mm512_xor_si512(_mm512_loadu_si512(w + 64 * line), offset);
            __m512i c = _mm512_xor_si512(_mm512_loadu_si512(w + 64 * line + 64), offset);
            UNROLL
            for (int b = 0; b < rows; b++) {
                const int8_t *v = q + b * x->quantized_stride + 4 * line;
                even[b] = _mm512_dpbusd_epi32(even[b], a, _mm512_set1_epi32(load_four(v)));
                odd[b] = _mm512_dpbusd_epi32(odd[b], c, _mm512_set1_epi32(load_four(v + 4)));
            }
        }
        UNROLL
        for (int b = 0; b < rows; b++) {
            V total = {_mm512_cvtepi32_ps(_mm512_add_epi32(even[b], odd[b]))};
            out[b] = vfma(vset(x->scales[(row + b) * x->group_stride + g]), total, out[b]);
        }
    }
}
