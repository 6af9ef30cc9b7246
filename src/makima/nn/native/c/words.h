/* Products of 16-bit words, twice as many at a time as of floats. Included by generic.h for each instruction set.
 *
 * Sums of SPAN products are exact, and are then added as floats in the order of taps and channels: like those of floats
 * they round the same however many rows there are.
 */

/* A row as words, with the scale that gives it back. n is a multiple of 16. */
static void FN(narrow)(const float *x, size_t n, int16_t *to, float *scale) {
    V peaks = vset(0.0f);
    for (size_t c = 0; c < n; c += 16) peaks = vmax(peaks, vabs(vload(x + c)));
    const float peak = vhmax(peaks);
    const V inverse = vset(peak > 0.0f ? WORD_PEAK / peak : 0.0f);
    for (size_t c = 0; c < n; c += 16) vstore_i16(to + c, vmul(vload(x + c), inverse));
    *scale = peak / WORD_PEAK;
}

/* Adds to `sum` the products of `rows` rows of words, each with `columns` of them, and `blocks` blocks of weights. A row
 * is one of `products` with `inputs` words each, and so is a row of weights; so are their scales. */
static INLINE void FN(word_span)(const int16_t *w, size_t products, size_t inputs, int columns, const int blocks,
                                 const int16_t *x, const float *scales, const int rows, V sum[2][8]) {
    const size_t panel = products * inputs * 16;
    VSums part[2][8];
    const int16_t *p[8];
    UNROLL
    for (int r = 0; r < rows; r++) {
        p[r] = x + r * products * inputs;
        UNROLL
        for (int i = 0; i < blocks; i++) part[i][r] = vno_sums();
    }
    for (int k = 0; k < columns; k += 2, w += 32) {
        VWords weight[2];
        UNROLL
        for (int i = 0; i < blocks; i++) {
            weight[i] = vload_words(w + i * panel);
            if (rows <= 4) prefetch(w + i * panel + 2048);
        }
        UNROLL
        for (int r = 0; r < rows; r++) {
            VWords pair = vset_pair(p[r] + k);
            UNROLL
            for (int i = 0; i < blocks; i++) part[i][r] = vdot(part[i][r], weight[i], pair);
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        V scale = vset(scales[r * products]);
        UNROLL
        for (int i = 0; i < blocks; i++) sum[i][r] = vfma(vfloats(part[i][r]), scale, sum[i][r]);
    }
}

/* Sums of `taps` of the products of each row, span by span. */
static INLINE void FN(word_tile)(const int16_t *w, size_t products, int taps, size_t inputs, const int blocks,
                                 const int16_t *x, const float *scales, const int rows, V sum[2][8]) {
    for (int i = 0; i < blocks; i++)
        for (int r = 0; r < rows; r++) sum[i][r] = vset(0.0f);
    for (int tap = 0; tap < taps; tap++)
        for (size_t at = 0; at < inputs; at += SPAN) {
            const int columns = inputs - at < SPAN ? (int)(inputs - at) : SPAN;
            const size_t done = tap * inputs + at;
            FN(word_span)(w + done * 16, products, inputs, columns, blocks, x + done, scales + tap, rows, sum);
        }
}

/* The largest one, as in convolution.h. */
static NOINLINE void FN(largest_word_tile)(const int16_t *w, size_t products, int taps, size_t inputs,
                                           const int16_t *x, const float *scales, V sum[2][8]) {
    FN(word_tile)(w, products, taps, inputs, FN(TILE_BLOCKS), x, scales, FN(TILE_ROWS), sum);
}
