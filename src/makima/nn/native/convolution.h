/* Streaming convolutions in float32, fused with what follows them. Included by generic.h for each instruction set.
 *
 * Every output is one chain of multiply-adds over taps and channels, in that order, so neither the chunks that audio
 * comes in nor the streams that are decoded together change a bit of it.
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

/* `blocks` times 16 outputs of `rows` rows. Weights are prefetched where few rows share them. */
static INLINE void FN(convolve_tile)(const Stage *s, int block, const int blocks, const float *const *x, const int rows,
                                     V out[2][8]) {
    const size_t panel = (size_t)s->taps * s->inputs * 16, hop = (size_t)s->dilation * s->inputs;
    const float *w = s->weights + block * panel;
    const float *p[8];
    V sum[2][8];
    UNROLL
    for (int r = 0; r < rows; r++) {
        p[r] = x[r];
        UNROLL
        for (int i = 0; i < blocks; i++) sum[i][r] = vset(0.0f);
    }
    for (int tap = 0; tap < s->taps; tap++) {
        const int inputs = s->inputs;
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

static INLINE void FN(finish)(const Stage *s, size_t channel, V v, float *out, float *residual) {
    v = vadd(v, vload(s->bias + channel));
    if (s->residual & RESIDUAL_ADD) v = vadd(v, vload(residual));
    if (s->residual & RESIDUAL_STORE) vstore(residual, v);
    if (s->activation == ACTIVATION_SNAKE) v = FN(vsnake)(v, vload(s->first + channel), vload(s->second + channel));
    if (s->activation == ACTIVATION_GELU) v = FN(vgelu)(v);
    vstore(out, v);
}

static INLINE void FN(convolve_rows)(const Stage *s, const Flow *f, int row, const int rows, int block,
                                     const int blocks) {
    const size_t width = (size_t)stage_width(s);
    const float *x[8];
    V sum[2][8];
    for (int r = 0; r < rows; r++)
        x[r] = f->in + (row + r) / f->steps * f->in_stride + (size_t)((row + r) % f->steps) * s->inputs;
    FN(convolve_tile)(s, block, blocks, x, rows, sum);
    for (int r = 0; r < rows; r++) {
        float *out = f->out + (row + r) / f->steps * f->out_stride + (size_t)((row + r) % f->steps) * width;
        float *residual = f->residual + (size_t)(row + r) * width;
        for (int i = 0; i < blocks; i++) {
            size_t channel = (size_t)(block + i) * 16;
            FN(finish)(s, channel, sum[i][r], out + channel, residual + channel);
        }
    }
}

static INLINE void FN(convolve_blocks)(const Stage *s, const Flow *f, int first, int last, int block,
                                       const int blocks) {
    int row = first;
    for (; last - row >= FN(TILE_ROWS); row += FN(TILE_ROWS))
        FN(convolve_rows)(s, f, row, FN(TILE_ROWS), block, blocks);
    if (FN(TILE_ROWS) > 4)
        for (; last - row >= 4; row += 4) FN(convolve_rows)(s, f, row, 4, block, blocks);
    for (; last - row >= 2; row += 2) FN(convolve_rows)(s, f, row, 2, block, blocks);
    if (row < last) FN(convolve_rows)(s, f, row, 1, block, blocks);
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

static void FN(convolve)(const Stage *s, const Flow *f, int first_row, int last_row, int first_block, int last_block) {
    if (s->kind == STAGE_DEPTHWISE) {
        for (int row = first_row; row < last_row; row++) FN(depthwise_row)(s, f, row);
        return;
    }
    int block = first_block;
    if (FN(TILE_BLOCKS) == 2)
        for (; block + 2 <= last_block; block += 2) FN(convolve_blocks)(s, f, first_row, last_row, block, 2);
    for (; block < last_block; block++) FN(convolve_blocks)(s, f, first_row, last_row, block, 1);
}
