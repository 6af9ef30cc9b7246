/* Streaming convolutions, fused with what follows them. Included by generic.h for each instruction set.
 *
 * Every output is one chain of sums over taps and channels, in that order, or four such chains added in one order; so
 * neither the chunks that audio comes in nor the streams that are decoded together change a bit of it.
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

static INLINE void FN(finish)(const Stage *s, size_t channel, V v, float *out, float *residual) {
    const V bias = vload(s->bias + channel);
    v = s->scales ? vfma(v, vload(s->scales + channel), bias) : vadd(v, bias);
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

/* A depthwise convolution, then a layer norm over the channels, of one row. */
static void FN(depthwise_row)(const Stage *s, const Flow *f, int row) {
    const int n = s->inputs;
    const float *weights = s->weights, *x = FN(input_row)(s, f, row);
    float *out = f->out + row / f->steps * f->out_stride + (size_t)(row % f->steps) * n;
    V sum = vset(0.0f), squares = vset(0.0f);
    for (int c = 0; c < n; c += 16) {
        V v = vload(s->bias + c);
        for (int tap = 0; tap < s->taps; tap++)
            v = vfma(vload(weights + (size_t)tap * n + c), vload(x + (size_t)tap * s->dilation * n + c), v);
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

/* What a pair sees, as its products want it. Shapes: -> [PAIR_TAPS][inputs] */
static void FN(combine)(const Stage *s, const Flow *f, Pair pair, float *to) {
    const size_t n = (size_t)s->inputs, hop = (size_t)s->dilation * n;
    const float *x = FN(input_row)(s, f, pair.row);
    for (size_t c = 0; c < n; c += 16, to += 16) {
        V d[8];
        UNROLL
        for (int i = 0; i < 7; i++) d[i] = vload(x + (size_t)i * hop + c);
        d[7] = vset(0.0f);
        if (!pair.alone) d[7] = vload(x + 7 * hop + c);
        vstore(to, vsub(d[0], d[2]));
        vstore(to + n, vsub(d[3], d[5]));
        vstore(to + 2 * n, d[6]);
        vstore(to + 3 * n, vadd(d[1], d[2]));
        vstore(to + 4 * n, vadd(d[4], d[5]));
        vstore(to + 5 * n, vsub(d[2], d[1]));
        vstore(to + 6 * n, vsub(d[5], d[4]));
        vstore(to + 7 * n, vsub(d[1], d[3]));
        vstore(to + 8 * n, vsub(d[4], d[6]));
        vstore(to + 9 * n, d[7]);
    }
}

/* Makes the units `first` .. `last` ready. */
static void FN(make_ready)(const Stage *s, const Flow *f, int first, int last, Ready *ready) {
    const size_t n = (size_t)s->inputs, products = (size_t)stage_products(s), hop = (size_t)s->dilation * n;
    ready->first = first;
    for (int unit = first; unit < last; unit++) {
        const size_t at = (size_t)(unit - first) * products;
        float *rows = ready->words ? ready->rows : ready->rows + at * n;
        if (s->kind == STAGE_PAIRED) FN(combine)(s, f, pair_of(s, f, unit), rows);
        if (!ready->words) continue;
        for (size_t tap = 0; tap < products; tap++) {
            const float *row = s->kind == STAGE_PAIRED ? rows + tap * n : FN(input_row)(s, f, unit) + tap * hop;
            FN(narrow)(row, n, ready->words + (at + tap) * n, ready->scales + at + tap);
        }
    }
}

/* Sums of the products `first` .. `first + taps` of each of `count` units from `at` on. */
static INLINE void FN(sum_units)(const Stage *s, const Flow *f, const Ready *ready, int at, const int count, int block,
                                 const int blocks, int first, int taps, V sum[2][8]) {
    const size_t n = (size_t)s->inputs, products = (size_t)stage_products(s), panel = products * n * 16;
    const size_t weights = block * panel + first * n * 16, unit = (size_t)(at - ready->first) * products + first;
    const int largest = blocks == FN(TILE_BLOCKS) && count == FN(TILE_ROWS);
    if (ready->words) {
        const int16_t *w = (const int16_t *)s->weights + weights, *x = ready->words + unit * n;
        const float *scales = ready->scales + unit;
        if (largest) FN(largest_word_tile)(w, products, taps, n, x, scales, sum);
        else FN(word_tile)(w, products, taps, n, blocks, x, scales, count, sum);
        return;
    }
    const float *w = (const float *)s->weights + weights, *x[8];
    const size_t hop = ready->rows ? n : s->dilation * n;
    for (int r = 0; r < count; r++)
        x[r] = ready->rows ? ready->rows + (unit + r * products) * n : FN(input_row)(s, f, at + r);
    if (largest) FN(largest_tile)(w, panel, taps, s->inputs, hop, x, sum);
    else FN(convolve_tile)(w, panel, taps, s->inputs, hop, blocks, x, count, sum);
}

static INLINE void FN(convolve_pairs)(const Stage *s, const Flow *f, const Ready *ready, int at, const int pairs,
                                      int block, const int blocks) {
    static const struct {
        int first, taps;
    } part[4] = {{0, 3}, {3, 2}, {5, 2}, {7, 3}};
    V now[2][8], later[2][8], sum[2][8];
    for (int i = 0; i < blocks; i++)
        for (int r = 0; r < pairs; r++) now[i][r] = later[i][r] = vset(0.0f);
    for (int j = 0; j < 4; j++) {
        FN(sum_units)(s, f, ready, at, pairs, block, blocks, part[j].first, part[j].taps, sum);
        for (int i = 0; i < blocks; i++)
            for (int r = 0; r < pairs; r++) {
                if (j < 3) now[i][r] = vadd(now[i][r], sum[i][r]);
                if (j == 2) later[i][r] = vsub(later[i][r], sum[i][r]);
                else if (j > 0) later[i][r] = vadd(later[i][r], sum[i][r]);
            }
    }
    for (int r = 0; r < pairs; r++) {
        const Pair rows = pair_of(s, f, at + r);
        FN(finish_row)(s, f, rows.row, block, blocks, now, r);
        if (!rows.alone) FN(finish_row)(s, f, rows.row + s->dilation, block, blocks, later, r);
    }
}

static INLINE void FN(convolve_units)(const Stage *s, const Flow *f, const Ready *ready, int at, const int count,
                                      int block, const int blocks) {
    V sum[2][8];
    if (s->kind == STAGE_PAIRED) {
        FN(convolve_pairs)(s, f, ready, at, count, block, blocks);
        return;
    }
    FN(sum_units)(s, f, ready, at, count, block, blocks, 0, s->taps, sum);
    for (int r = 0; r < count; r++) FN(finish_row)(s, f, at + r, block, blocks, sum, r);
}

static INLINE void FN(convolve_blocks)(const Stage *s, const Flow *f, const Ready *ready, int first, int last, int block,
                                       const int blocks) {
    int at = first;
    for (; last - at >= FN(TILE_ROWS); at += FN(TILE_ROWS))
        FN(convolve_units)(s, f, ready, at, FN(TILE_ROWS), block, blocks);
    if (FN(TILE_ROWS) > 4)
        for (; last - at >= 4; at += 4) FN(convolve_units)(s, f, ready, at, 4, block, blocks);
    for (; last - at >= 2; at += 2) FN(convolve_units)(s, f, ready, at, 2, block, blocks);
    if (at < last) FN(convolve_units)(s, f, ready, at, 1, block, blocks);
}

static void FN(convolve)(const Stage *s, const Flow *f, Part part, float *scratch) {
    if (s->kind == STAGE_DEPTHWISE) {
        for (int row = part.first; row < part.last; row++) FN(depthwise_row)(s, f, row);
        return;
    }
    const int at_once = makes_ready(s) ? UNITS_AT_ONCE : part.last - part.first;
    Ready ready = makes_ready(s) ? ready_in(s, scratch) : (Ready){0};
    for (int first = part.first; first < part.last; first += at_once) {
        const int last = first + at_once < part.last ? first + at_once : part.last;
        int block = part.first_block;
        if (makes_ready(s)) FN(make_ready)(s, f, first, last, &ready);
        if (FN(TILE_BLOCKS) == 2)
            for (; block + 2 <= part.last_block; block += 2) FN(convolve_blocks)(s, f, &ready, first, last, block, 2);
        for (; block < part.last_block; block++) FN(convolve_blocks)(s, f, &ready, first, last, block, 1);
    }
}
