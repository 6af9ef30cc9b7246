/* AVX2 + FMA + F16C: sixteen floats as two registers. With VNNI256 defined, the byte products use AVX-VNNI. */
typedef struct {
    __m256 a, b;
} V;

static INLINE V vload(const float *p) { return (V){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
static INLINE void vstore(float *p, V x) {
    _mm256_storeu_ps(p, x.a);
    _mm256_storeu_ps(p + 8, x.b);
}
static INLINE V vset(float x) { return (V){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
static INLINE V vadd(V x, V y) { return (V){_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
static INLINE V vsub(V x, V y) { return (V){_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
static INLINE V vmul(V x, V y) { return (V){_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
static INLINE V vdiv(V x, V y) { return (V){_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
static INLINE V vfma(V x, V y, V z) { return (V){_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
static INLINE V vmax(V x, V y) { return (V){_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
static INLINE V vmin(V x, V y) { return (V){_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
static INLINE V vabs(V x) {
    __m256 sign = _mm256_set1_ps(-0.0f);
    return (V){_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
static INLINE V vround(V x) {
    return (V){_mm256_round_ps(x.a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
               _mm256_round_ps(x.b, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
static INLINE __m256 FN(pow2_half)(__m256 n) {
    __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
}
static INLINE V vpow2(V n) { return (V){FN(pow2_half)(n.a), FN(pow2_half)(n.b)}; }
/* Lane i with i + 8, then + 4, + 2, + 1: the same tree on every instruction set, so the same bits. */
static INLINE float vsum(V x) {
    __m256 s = _mm256_add_ps(x.a, x.b);
    __m128 q = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_add_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}
static INLINE float vhmax(V x) {
    __m256 s = _mm256_max_ps(x.a, x.b);
    __m128 q = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    q = _mm_max_ps(q, _mm_movehl_ps(q, q));
    return _mm_cvtss_f32(_mm_max_ss(q, _mm_shuffle_ps(q, q, 1)));
}
static INLINE __m256 FN(bf16_half)(const uint16_t *p) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p)), 16));
}
static INLINE V vload_bf16(const uint16_t *p) { return (V){FN(bf16_half)(p), FN(bf16_half)(p + 8)}; }
static INLINE void vload_pair_bf16(const uint16_t *p, V *even, V *odd) {
    __m256i high = _mm256_set1_epi32((int)0xffff0000);
    __m256i a = _mm256_loadu_si256((const void *)p), b = _mm256_loadu_si256((const void *)(p + 16));
    *even = (V){_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
    *odd = (V){_mm256_castsi256_ps(_mm256_and_si256(a, high)), _mm256_castsi256_ps(_mm256_and_si256(b, high))};
}
static INLINE V vload_f16(const uint16_t *p) {
    return (V){_mm256_cvtph_ps(_mm_loadu_si128((const void *)p)),
               _mm256_cvtph_ps(_mm_loadu_si128((const void *)(p + 8)))};
}
static INLINE void vstore_f16(uint16_t *p, V x) {
    _mm_storeu_si128((void *)p, _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((void *)(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
}
static INLINE void vstore_i8(int8_t *p, V x) {
    __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b));
    words = _mm256_permute4x64_epi64(words, 0xd8); /* the pack works within halves */
    _mm_storeu_si128((void *)p, _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}
static INLINE void vstore_i16(int16_t *p, V x) {
    __m256i words = _mm256_packs_epi32(_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b));
    _mm256_storeu_si256((void *)p, _mm256_permute4x64_epi64(words, 0xd8));
}
typedef struct {
    __m256i a, b;
} VWords;
typedef VWords VSums;
static INLINE VWords vload_words(const int16_t *p) {
    return (VWords){_mm256_loadu_si256((const void *)p), _mm256_loadu_si256((const void *)(p + 16))};
}
static INLINE VWords vset_pair(const int16_t *p) {
    __m256i pair = _mm256_set1_epi32(load_pair(p));
    return (VWords){pair, pair};
}
static INLINE VSums vno_sums(void) { return (VSums){_mm256_setzero_si256(), _mm256_setzero_si256()}; }
static INLINE VSums vdot(VSums sum, VWords w, VWords x) {
#ifdef VNNI256
    return (VSums){_mm256_dpwssd_avx_epi32(sum.a, w.a, x.a), _mm256_dpwssd_avx_epi32(sum.b, w.b, x.b)};
#else
    return (VSums){_mm256_add_epi32(sum.a, _mm256_madd_epi16(w.a, x.a)),
                   _mm256_add_epi32(sum.b, _mm256_madd_epi16(w.b, x.b))};
#endif
}
static INLINE V vfloats(VSums x) { return (V){_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
static INLINE void prefetch(const void *p) { _mm_prefetch(p, _MM_HINT_T0); }
enum { FN(TILE_INT) = 4, FN(TILE_FLOAT) = 2, FN(TILE_ROWS) = 6, FN(TILE_BLOCKS) = 1 };

/* Adds the int4 products of `rows` rows with one line of weights to `sum`, a 32-bit or a 16-bit lane for each pair. */
static INLINE void FN(line_int4)(const uint8_t *w, const int8_t *q, size_t stride, const int rows, __m256i sum[2][4]) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i low[2], high[2];
    UNROLL
    for (int half = 0; half < 2; half++) {
        __m256i raw = _mm256_loadu_si256((const void *)(w + 32 * half));
        low[half] = _mm256_and_si256(raw, nibble);
        high[half] = _mm256_and_si256(_mm256_srli_epi16(raw, 4), nibble);
    }
    UNROLL
    for (int b = 0; b < rows; b++) {
        __m256i near = _mm256_set1_epi32(load_four(q + b * stride));
        __m256i far = _mm256_set1_epi32(load_four(q + b * stride + 32));
        UNROLL
        for (int half = 0; half < 2; half++) {
#ifdef VNNI256
            sum[half][b] = _mm256_dpbusd_avx_epi32(sum[half][b], low[half], near);
            sum[half][b] = _mm256_dpbusd_avx_epi32(sum[half][b], high[half], far);
#else
            __m256i pairs =
                _mm256_add_epi16(_mm256_maddubs_epi16(low[half], near), _mm256_maddubs_epi16(high[half], far));
            sum[half][b] = _mm256_add_epi16(sum[half][b], pairs);
#endif
        }
    }
}

/* Nibbles are at most 15 and activations 127, so the eight pair sums of four lines, 2 * 15 * 127 each, stay below
 * 32,768 as 16-bit words. They are widened twice a group. */
static INLINE void tile_int4(const uint8_t *w, const uint16_t *scales, int groups, const Rows *x, int row,
                             const int rows, V *out) {
    for (int g = 0; g < groups; g++, scales += 16) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        __m256i total[2][4];
        UNROLL
        for (int b = 0; b < rows; b++)
            total[0][b] = total[1][b] = _mm256_set1_epi32(-8 * x->sums[(row + b) * x->group_stride + g]);
#ifdef VNNI256
        UNROLL_BY(2)
        for (int line = 0; line < 8; line++, w += 64, q += 4) {
            prefetch(w + 4096);
            FN(line_int4)(w, q, x->quantized_stride, rows, total);
        }
#else
        for (int part = 0; part < 2; part++) {
            __m256i sum[2][4];
            UNROLL
            for (int b = 0; b < rows; b++) sum[0][b] = sum[1][b] = _mm256_setzero_si256();
            UNROLL_BY(2)
            for (int line = 0; line < 4; line++, w += 64, q += 4) {
                prefetch(w + 4096);
                FN(line_int4)(w, q, x->quantized_stride, rows, sum);
            }
            UNROLL
            for (int b = 0; b < rows; b++) UNROLL
            for (int half = 0; half < 2; half++)
                total[half][b] =
                    _mm256_add_epi32(total[half][b], _mm256_madd_epi16(sum[half][b], _mm256_set1_epi16(1)));
        }
#endif
        V scale = vload_bf16(scales);
        UNROLL
        for (int b = 0; b < rows; b++) {
            V products = {_mm256_cvtepi32_ps(total[0][b]), _mm256_cvtepi32_ps(total[1][b])};
            out[b] = vfma(vmul(scale, vset(x->scales[(row + b) * x->group_stride + g])), products, out[b]);
        }
    }
}

/* maddubs wants one unsigned side: |x| times w with x's sign. 2 * 127 * 127 just fits 16 bits, a second one would not.
 */
static INLINE void tile_int8(const int8_t *w, int groups, const Rows *x, int row, const int rows, V *out) {
#ifdef VNNI256
    const __m256i offset = _mm256_set1_epi8((char)0x80);
#else
    const __m256i ones = _mm256_set1_epi16(1);
#endif
    for (int g = 0; g < groups; g++, w += 1024) {
        const int8_t *q = x->quantized + row * x->quantized_stride + (size_t)g * GROUP;
        __m256i first[4], second[4];
        UNROLL
        for (int b = 0; b < rows; b++) {
#ifdef VNNI256
            /* Weights become unsigned by adding 128, which is taken back as 128 times the sum of the activations. */
            first[b] = second[b] = _mm256_set1_epi32(-128 * x->sums[(row + b) * x->group_stride + g]);
#else
            first[b] = second[b] = _mm256_setzero_si256();
#endif
        }
        UNROLL_BY(4)
        for (int line = 0; line < 16; line++) {
            prefetch(w + 4096 + 64 * line);
            __m256i a = _mm256_loadu_si256((const void *)(w + 64 * line));
            __m256i c = _mm256_loadu_si256((const void *)(w + 64 * line + 32));
#ifdef VNNI256
            a = _mm256_xor_si256(a, offset);
            c = _mm256_xor_si256(c, offset);
#endif
            UNROLL
            for (int b = 0; b < rows; b++) {
                __m256i v = _mm256_set1_epi32(load_four(q + b * x->quantized_stride + 4 * line));
#ifdef VNNI256
                first[b] = _mm256_dpbusd_avx_epi32(first[b], a, v);
                second[b] = _mm256_dpbusd_avx_epi32(second[b], c, v);
#else
                __m256i size = _mm256_abs_epi8(v);
                first[b] = _mm256_add_epi32(
                    first[b], _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(a, v)), ones));
                second[b] = _mm256_add_epi32(
                    second[b], _mm256_madd_epi16(_mm256_maddubs_epi16(size, _mm256_sign_epi8(c, v)), ones));
#endif
            }
        }
        UNROLL
        for (int b = 0; b < rows; b++) {
            __m256 s = _mm256_set1_ps(x->scales[(row + b) * x->group_stride + g]);
            out[b].a = _mm256_fmadd_ps(s, _mm256_cvtepi32_ps(first[b]), out[b].a);
            out[b].b = _mm256_fmadd_ps(s, _mm256_cvtepi32_ps(second[b]), out[b].b);
        }
    }
}
