/* Streaming convolutions in float32, fused with what follows them. Included by generic.h for each instruction set.
 *
 * Every output is one chain of multiply-adds over taps and channels, in that order, or four such chains added in one
 * order; so neither the chunks that audio comes in nor the streams that are decoded together change a bit of it.
 */

/* x + amplitude * sin(frequency x)^2. The square has period pi, so the angle is brought within half of one by a pi in
 * three parts, the first two short enough to be multiplied exactly; the sine is its series up to the eleventh power. */
static INLINE V FN(vsnake)(V x, V frequency, V amplitude) {
    V u = vmul(x, frequency);
    V n = vround(vmul(u, vset(0.318309886f)));
    V r = vfma(n, vset(-3.140625f), u);
    r = vfma(n, vset(-9.67502593994140625e-4f), r);
    r = vfma(n, vset(-1.509957990978376e-7f), r);
    V square = vmul(r, r);
    V p = vset(-1.0f / 39916800.0f);
    p = vfma(p, square, vset(1.0f / 362880.0f));
    p = vfma(p, square, vset(-1.0f / 5040.0f));
    p = vfma(p, square, vset(1.0f / 120.0f));
    p = vfma(p, square, vset(-1.0f / 6.0f));
    V sine = vfma(vmul(p, square), r, r);
    return vadd(vmul(vmul(sine, sine), amplitude), x);
}

/* x / 2 (1 + erf(x / sqrt 2)). Source: Abramowitz and Stegun 7.1.26, within 1.5e-7. */
static INLINE V FN(vgelu)(V x) {
    V z = vmul(vabs(x), vset(0.707106781f));
    V t = vdiv(vset(1.0f), vfma(z, vset(0.3275911f), vset(1.0f)));
    V p = vset(1.061405429f);
    p = vfma(p, t, vset(-1.453152027f));
    p = vfma(p, t, vset(1.421413741f));
    p = vfma(p, t, vset(-0.284496736f));
    p = vfma(p, t, vset(0.254829592f));
    V tail = vmul(vmul(p, t), FN(vexp)(vsub(vset(0.0f), vmul(z, z)))); /* 1 - erf |z| */
    V half = vmul(x, vset(0.5f));
    /* x >= 0: x - x tail / 2; x < 0: x tail / 2. Both are max(x, 0) - |x| tail / 2. */
    return vsub(vmax(x, vset(0.0f)), vmul(vabs(half), tail));
}

/* Sums of `rows` rows for `blocks` times 16 outputs, whose weights lie `panel` floats apart: each over `taps` rows of
 * `inputs`, `hop` floats apart. Weights are prefetched where few rows share them. */
static INLINE void FN(convolve_tile)(const float *w, size_t panel, int taps, int inputs, size_t hop, const int blocks,
                                     const float *const *x, const int rows, V out[2][8]) {
    const float *p[8];
    V sum[2][8];
    UNROLL
    for (int r = 0; r < rows; r++) {
        p[r] = x[r];
        UNROLL
        for (int i = 0; i < blocks; i++) sum[i][r] = vset(0.0f);
    }
    for (int tap = 0; tap < taps; tap++) {
        for (int k = 0; k < inputs; k++, w += 16) {
            V weight[2];
            UNROLL
            for (int i = 0; i < blocks; i++) {
                weight[i] = vload(w + i * panel);
                if (rows <= 4) prefetch(w + i * panel + 1024);
            }
            UNROLL
            for (int r = 0; r < rows; r++) {
                V value = vset(p[r][k]);
                UNROLL
                for (int i = 0; i < blocks; i++) sum[i][r] = vfma(value, weight[i], sum[i][r]);
            }
        }
        UNROLL
        for (int r = 0; r < rows; r++) p[r] += hop;
    }
    UNROLL
    for (int i = 0; i < blocks; i++) UNROLL
    for (int r = 0; r < rows; r++) out[i][r] = sum[i][r];
}

/* The largest tile, in a function of its own: inlined where much else is alive, its sums would not stay in registers. */
static NOINLINE void FN(largest_tile)(const float *w, size_t panel, int taps, int inputs, size_t hop,
                                      const float *const *x, V out[2][8]) {
    FN(convolve_tile)(w, panel, taps, inputs, hop, FN(TILE_BLOCKS), x, FN(TILE_ROWS), out);
}

static INLINE void FN(sum_tile)(const float *w, size_t panel, int taps, int inputs, size_t hop, const int blocks,
                                const float *const *x, const int rows, V out[2][8]) {
    if (blocks == FN(TILE_BLOCKS) && rows == FN(TILE_ROWS)) FN(largest_tile)(w, panel, taps, inputs, hop, x, out);
    else FN(convolve_tile)(w, panel, taps, inputs, hop, blocks, x, rows, out);
}

static INLINE void FN(finish)(const Stage *s, size_t channel, V v, float *out, float *residual) {
    v = vadd(v, vload(s->bias + channel));
    if (s->residual & RESIDUAL_ADD) v = vadd(v, vload(residual));
    if (s->residual & RESIDUAL_STORE) vstore(residual, v);
    if (s->activation == ACTIVATION_SNAKE) v = FN(vsnake)(v, vload(s->first + channel), vload(s->second + channel));
    if (s->activation == ACTIVATION_GELU) v = FN(vgelu)(v);
    vstore(out, v);
}

static INLINE void FN(finish_row)(const Stage *s, const Flow *f, int row, int block, const int blocks,
                                  const V sum[2][8], int r) {
    const size_t width = (size_t)stage_width(s);
    float *out = f->out + row / f->steps * f->out_stride + (size_t)(row % f->steps) * width;
    float *residual = f->residual + (size_t)row * width;
    for (int i = 0; i < blocks; i++) {
        size_t channel = (size_t)(block + i) * 16;
        FN(finish)(s, channel, sum[i][r], out + channel, residual + channel);
    }
}

static INLINE const float *FN(input_row)(const Stage *s, const Flow *f, int row) {
    return f->in + row / f->steps * f->in_stride + (size_t)(row % f->steps) * s->inputs;
}

static INLINE void FN(convolve_rows)(const Stage *s, const Flow *f, int row, const int rows, int block,
                                     const int blocks) {
    const size_t panel = (size_t)s->taps * s->inputs * 16, hop = (size_t)s->dilation * s->inputs;
    const float *x[8];
    V sum[2][8];
    for (int r = 0; r < rows; r++) x[r] = FN(input_row)(s, f, row + r);
    FN(sum_tile)(s->weights + block * panel, panel, s->taps, s->inputs, hop, blocks, x, rows, sum);
    for (int r = 0; r < rows; r++) FN(finish_row)(s, f, row + r, block, blocks, sum, r);
}

/* A depthwise convolution, then a layer norm over the channels, of one row. */
static void FN(depthwise_row)(const Stage *s, const Flow *f, int row) {
    const int n = s->inputs;
    const float *x = f->in + row / f->steps * f->in_stride + (size_t)(row % f->steps) * n;
    float *out = f->out + row / f->steps * f->out_stride + (size_t)(row % f->steps) * n;
    V sum = vset(0.0f), squares = vset(0.0f);
    for (int c = 0; c < n; c += 16) {
        V v = vload(s->bias + c);
        for (int tap = 0; tap < s->taps; tap++)
            v = vfma(vload(s->weights + (size_t)tap * n + c), vload(x + (size_t)tap * s->dilation * n + c), v);
        vstore(out + c, v);
        sum = vadd(sum, v);
    }
    V mean = vset(vsum(sum) / (float)n);
    for (int c = 0; c < n; c += 16) {
        V v = vsub(vload(out + c), mean);
        squares = vfma(v, v, squares);
    }
    V scale = vset(1.0f / sqrtf(vsum(squares) / (float)n + 1e-6f));
    for (int c = 0; c < n; c += 16)
        vstore(out + c, vfma(vmul(vsub(vload(out + c), mean), scale), vload(s->first + c), vload(s->second + c)));
}

/* What the pairs `first` .. `last` see, as their products want it. Shapes: -> [last - first][PAIR_TAPS][inputs] */
static void FN(combine)(const Stage *s, const Flow *f, int first, int last, float *to) {
    const size_t n = (size_t)s->inputs, hop = (size_t)s->dilation * n;
    for (int pair = first; pair < last; pair++, to += PAIR_TAPS * n) {
        const Pair rows = pair_of(s, f, pair);
        const float *x = FN(input_row)(s, f, rows.row);
        for (size_t c = 0; c < n; c += 16) {
            V d[8];
            UNROLL
            for (int i = 0; i < 7; i++) d[i] = vload(x + (size_t)i * hop + c);
            d[7] = vset(0.0f);
            if (!rows.alone) d[7] = vload(x + 7 * hop + c);
            vstore(to + c, vsub(d[0], d[2]));
            vstore(to + n + c, vsub(d[3], d[5]));
            vstore(to + 2 * n + c, d[6]);
            vstore(to + 3 * n + c, vadd(d[1], d[2]));
            vstore(to + 4 * n + c, vadd(d[4], d[5]));
            vstore(to + 5 * n + c, vsub(d[2], d[1]));
            vstore(to + 6 * n + c, vsub(d[5], d[4]));
            vstore(to + 7 * n + c, vsub(d[1], d[3]));
            vstore(to + 8 * n + c, vsub(d[4], d[6]));
            vstore(to + 9 * n + c, d[7]);
        }
    }
}

/* `pairs` pairs from what `combine` made of them. */
static INLINE void FN(convolve_pairs)(const Stage *s, const Flow *f, int first, const float *seen, const int pairs,
                                      int block, const int blocks) {
    static const struct {
        int first, taps;
    } part[4] = {{0, 3}, {3, 2}, {5, 2}, {7, 3}};
    const size_t n = (size_t)s->inputs, panel = PAIR_TAPS * n * 16;
    V now[2][8], later[2][8], sum[2][8];
    for (int i = 0; i < blocks; i++)
        for (int r = 0; r < pairs; r++) now[i][r] = later[i][r] = vset(0.0f);
    for (int j = 0; j < 4; j++) {
        const float *x[8], *w = s->weights + block * panel + part[j].first * n * 16;
        for (int r = 0; r < pairs; r++) x[r] = seen + (r * PAIR_TAPS + part[j].first) * n;
        FN(sum_tile)(w, panel, part[j].taps, s->inputs, n, blocks, x, pairs, sum);
        for (int i = 0; i < blocks; i++)
            for (int r = 0; r < pairs; r++) {
                if (j < 3) now[i][r] = vadd(now[i][r], sum[i][r]);
                if (j == 2) later[i][r] = vsub(later[i][r], sum[i][r]);
                else if (j > 0) later[i][r] = vadd(later[i][r], sum[i][r]);
            }
    }
    for (int r = 0; r < pairs; r++) {
        const Pair rows = pair_of(s, f, first + r);
        FN(finish_row)(s, f, rows.row, block, blocks, now, r);
        if (!rows.alone) FN(finish_row)(s, f, rows.row + s->dilation, block, blocks, later, r);
    }
}

/* `count` rows from `at` on, or pairs of them where `seen` is what `combine` made of those from `first` on. */
static INLINE void FN(convolve_units)(const Stage *s, const Flow *f, int first, const float *seen, int at,
                                      const int count, int block, const int blocks) {
    const size_t size = (size_t)PAIR_TAPS * s->inputs;
    if (seen) FN(convolve_pairs)(s, f, at, seen + (at - first) * size, count, block, blocks);
    else FN(convolve_rows)(s, f, at, count, block, blocks);
}

static INLINE void FN(convolve_blocks)(const Stage *s, const Flow *f, int first, int last, const float *seen, int block,
                                       const int blocks) {
    int at = first;
    for (; last - at >= FN(TILE_ROWS); at += FN(TILE_ROWS))
        FN(convolve_units)(s, f, first, seen, at, FN(TILE_ROWS), block, blocks);
    if (FN(TILE_ROWS) > 4)
        for (; last - at >= 4; at += 4) FN(convolve_units)(s, f, first, seen, at, 4, block, blocks);
    for (; last - at >= 2; at += 2) FN(convolve_units)(s, f, first, seen, at, 2, block, blocks);
    if (at < last) FN(convolve_units)(s, f, first, seen, at, 1, block, blocks);
}

static void FN(convolve)(const Stage *s, const Flow *f, Part part, float *scratch) {
    if (s->kind == STAGE_DEPTHWISE) {
        for (int row = part.first; row < part.last; row++) FN(depthwise_row)(s, f, row);
        return;
    }
    const float *seen = s->kind == STAGE_PAIRED ? scratch : NULL;
    const int at_once = seen ? PAIRS_AT_ONCE : part.last - part.first;
    for (int first = part.first; first < part.last; first += at_once) {
        const int last = first + at_once < part.last ? first + at_once : part.last;
        int block = part.first_block;
        if (seen) FN(combine)(s, f, first, last, scratch);
        if (FN(TILE_BLOCKS) == 2)
            for (; block + 2 <= part.last_block; block += 2) FN(convolve_blocks)(s, f, first, last, seen, block, 2);
        for (; block < part.last_block; block++) FN(convolve_blocks)(s, f, first, last, seen, block, 1);
    }
}
