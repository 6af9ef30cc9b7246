/* Filters on AMX: tiles of 16 rows by 32 channels of bfloat16, four sums of 16 rows by 16 outputs at a time. Included
 * once, with ISA avx512, whose vectors it uses for what lies around the products.
 *
 * Needs the system's leave, which it gives to a process as a whole (Linux: ARCH_REQ_XCOMP_PERM).
 */

static INLINE void FN(ready_tile_row)(const FilterTask *t, const float *x, uint16_t *to) {
    const Filter *f = t->filter;
    for (int c = 0; c < f->inputs; c += 32) {
        V half[2];
        UNROLL
        for (int i = 0; i < 2; i++) {
            const size_t at = (size_t)c + 16 * i;
            half[i] = FN(activated)(f, vfma(vload(x + at), vload(t->scale + at), vload(t->shift + at)), at);
        }
        _mm512_storeu_si512(to + c, (__m512i)_mm512_cvtne2ps_pbh(half[1].a, half[0].a));
    }
}

/* 32 steps from `at` on, for 32 outputs from `block` on. */
static INLINE void FN(tile_steps)(const FilterTask *t, int at, int block) {
    const Filter *f = t->filter;
    const size_t stride = filter_stride(f), panel = (size_t)f->taps * f->inputs * 16;
    const uint16_t *x = (const uint16_t *)t->rows + (size_t)(at - t->first) * stride;
    const uint16_t *w = (const uint16_t *)f->weights + ((size_t)t->part * (f->outputs / 16) + block) * panel;
    __asm__ volatile("" ::: "memory"); /* compilers do not know that tiles are loaded from memory */
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int tap = 0; tap < f->taps; tap++, x += (size_t)f->dilation * stride)
        for (int c = 0; c < f->inputs; c += 32, w += 512) {
            _tile_loadd(4, x + c, stride * 2);
            _tile_loadd(6, w, 64);
            _tile_loadd(7, w + panel, 64);
            _tile_loadd(5, x + c + 16 * stride, stride * 2);
            _tile_dpbf16ps(0, 4, 6);
            _tile_dpbf16ps(1, 4, 7);
            _tile_dpbf16ps(2, 5, 6);
            _tile_dpbf16ps(3, 5, 7);
        }
    float *to = t->tiles;
    _tile_stored(0, to, FILTER_TILE * 4);
    _tile_stored(1, to + 16, FILTER_TILE * 4);
    _tile_stored(2, to + 16 * FILTER_TILE, FILTER_TILE * 4);
    _tile_stored(3, to + 16 * FILTER_TILE + 16, FILTER_TILE * 4);
}

static void filter_tiles(const FilterTask *t) {
    const Filter *f = t->filter;
    const int blocks = f->outputs / 16, ahead = t->first - f->lead, rows = t->last - t->first + filter_reach(f);
    const size_t stride = filter_stride(f);
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {.palette = 1};
    for (int i = 0; i < 8; i++) shape.bytes[i] = 64, shape.rows[i] = 16;
    _tile_loadconfig(&shape);
    for (int n = 0; n < rows; n++) {
        uint16_t *to = (uint16_t *)t->rows + (size_t)n * stride;
        const int row = ahead + n;
        if (row < 0 || row >= t->in_rows) memset(to, 0, (size_t)f->inputs * sizeof *to);
        else FN(ready_tile_row)(t, t->in + (size_t)row * f->inputs, to);
    }
    memset(t->sums, 0, 2 * (size_t)f->outputs * sizeof(float));
    for (int block = 0; block < blocks; block += 2)
        for (int at = t->first; at < t->last; at += FILTER_TILE) {
            const int count = t->last - at < FILTER_TILE ? t->last - at : FILTER_TILE;
            FN(tile_steps)(t, at, block);
            for (int i = 0; i < 2; i++) {
                const size_t channel = (size_t)(block + i) * 16;
                V over = vset(0.0f), squares = vset(0.0f);
                for (int r = 0; r < count; r++)
                    FN(keep)(t, at + r, channel, vload(t->tiles + (size_t)r * FILTER_TILE + 16 * i), &over, &squares);
                FN(add_sums)(t, channel, over, squares);
            }
        }
    _tile_release();
}
