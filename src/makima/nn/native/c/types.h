/* What the kernels, the step and the Python binding agree on.
 *
 * Packed matrices hold 16 rows of weights side by side, four columns at a time, so that one 32-bit lane of a vector
 * belongs to one row: a 4-way byte dot product (vpdpbusd, sdot, or maddubs + madd) then leaves each row's sum in its
 * own lane and no horizontal addition is ever needed. One line of 16 x 4 bytes is one cache line.
 *
 *   float32   data [blocks][columns][16] float
 *   bfloat16  data [blocks][columns / 2][16][2] uint16                       (two columns to a 32-bit lane)
 *   int8      data [blocks][groups][16 lines][16 rows][4 columns] int8       scales [blocks][16] float
 *   int4      data [blocks][groups][8 lines][16 rows][4] bytes               scales [blocks][groups][16] bfloat16
 *             low nibbles are columns 4 * line .. + 3 of the group, high nibbles those + 32; value = nibble - 8
 *
 * blocks = ceil(rows / 16), groups = ceil(columns / 64); what is over is zero. Change LAYOUT_VERSION with any of this.
 */
#ifndef MAKIMA_TYPES_H
#define MAKIMA_TYPES_H

#include <stddef.h>
#include <stdint.h>

enum { LAYOUT_VERSION = 3 };
enum { BLOCK_ROWS = 16, GROUP = 64 };
enum Kind { KIND_FLOAT32 = 0, KIND_BFLOAT16 = 1, KIND_INT8 = 2, KIND_INT4 = 3, KIND_FLOAT16 = 4, KIND_INT16 = 5 };
enum Mode { MODE_STORE = 0, MODE_ADD = 1, MODE_SILU = 2 };

/* Mirrored by ctypes structures: 64-bit pointers after pairs of int32, so no padding hides anywhere. */
typedef struct {
    int32_t kind, rows, columns, reserved;
    const void *data;
    const void *scales;
} Matrix;

typedef struct {
    Matrix qkv, output, gate_up, down; /* gate_up: 16 rows of gate, then the same 16 rows of up, and so on */
    const float *input_norm, *post_norm, *q_norm, *k_norm; /* the last two may be NULL */
} Layer;

typedef struct {
    int32_t layers, hidden, heads, kv_heads, head_dim, mlp;
    float rms_eps;
    int32_t window; /* how many positions a step sees, itself included; 0: all */
    const Layer *layer;
    const float *final_norm;
} Weights;

typedef struct {
    int32_t kind, slots, positions, reserved; /* kind: float32 or float16; with a window, positions is a ring */
    void *keys, *values;                      /* [slots][layers][kv_heads][positions][head_dim] */
    const float *cosine, *sine;               /* [highest position + 1][head_dim / 2] */
} Cache;

/* One row's activations as a product wants them: float, and int8 with a scale and a sum for each group of 64. */
typedef struct {
    float *values;
    int8_t *quantized;
    float *scales;
    int32_t *sums;
    size_t value_stride, quantized_stride, group_stride;
} Rows;

static inline int ceil_div(int a, int b) { return (a + b - 1) / b; }
static inline int matrix_blocks(const Matrix *m) { return ceil_div(m->rows, BLOCK_ROWS); }
static inline int matrix_groups(const Matrix *m) { return ceil_div(m->columns, GROUP); }
static inline int is_quantized(int kind) { return kind == KIND_INT8 || kind == KIND_INT4; }

/* Columns as they are stored: whole groups for integers, whole vectors for floats. */
static inline size_t packed_columns(int kind, int columns) {
    return is_quantized(kind) ? (size_t)ceil_div(columns, GROUP) * GROUP : (size_t)ceil_div(columns, 16) * 16;
}

/* Bytes of one block of 16 rows. */
static inline size_t block_bytes(int kind, int columns) {
    size_t cells = packed_columns(kind, columns) * BLOCK_ROWS;
    switch (kind) {
    case KIND_FLOAT32: return cells * 4;
    case KIND_BFLOAT16: return cells * 2;
    case KIND_INT8: return cells;
    default: return cells / 2;
    }
}

static inline float bf16_to_float(uint16_t h) {
    union {
        uint32_t u;
        float f;
    } v = {(uint32_t)h << 16};
    return v.f;
}

/* Nearest even, as every library rounds; NaN stays NaN. */
static inline uint16_t float_to_bf16(float f) {
    union {
        float f;
        uint32_t u;
    } v = {f};
    if ((v.u & 0x7fffffff) > 0x7f800000) return (uint16_t)((v.u >> 16) | 0x40);
    return (uint16_t)((v.u + 0x7fff + ((v.u >> 16) & 1)) >> 16);
}

/* A step of a streaming convolution stack, on rows of channels, padded to 16 with zeros; rows follow in time.
 *
 *   convolution  weights [outputs * rate / 16][taps * inputs][16]: an output row is the sum over taps of rows of inputs
 *                that lie `dilation` apart, the last of them its own. With a rate, an output row is `rate` rows of the
 *                next stage: a transposed convolution of one stride (1 tap) or two (2 taps) a kernel.
 *   paired       a convolution of seven taps and rate 1 with weights [outputs / 16][PAIR_TAPS * inputs][16]: rows that lie
 *                `dilation` apart are made together, which takes 10 multiplications for 14
 *   depthwise    weights [taps][inputs], then a layer norm with first and second as its weight and bias
 *
 * Then bias, the residual, and an activation; snake has first and second as its frequency and amplitude.
 *
 * With `scales`, weights are words: [..][inputs / 2][16][2] int16, to be multiplied by the scale of their output. What
 * they meet is brought to words within WORD_PEAK, each row by a scale of its own. The sum of SPAN products must fit 32
 * bits, so weights are as large as that allows: no SPAN of them adds up to more than 2^31 / WORD_PEAK.
 */
enum { WORD_PEAK = 16383, SPAN = 128 };
enum StageKind { STAGE_CONVOLUTION = 0, STAGE_DEPTHWISE = 1, STAGE_PAIRED = 2 };
enum Activation { ACTIVATION_NONE = 0, ACTIVATION_SNAKE = 1, ACTIVATION_GELU = 2 };
enum Residual { RESIDUAL_ADD = 1, RESIDUAL_STORE = 2 };

typedef struct {
    int32_t kind, inputs, outputs, taps, dilation, rate, activation, residual;
    const void *weights;
    const float *bias, *first, *second, *scales; /* [outputs * rate] each */
} Stage;

static inline int stage_width(const Stage *s) { return s->outputs * s->rate; }
static inline int stage_reach(const Stage *s) { return (s->taps - 1) * s->dilation; }

/* Where a stage reads and writes: `streams` stretches of `steps` rows, each behind its own history. `period` rows come of
 * one row of the stack's input. */
typedef struct {
    const float *in;
    float *out, *residual;
    size_t in_stride, out_stride; /* from one stream to the next */
    int streams, steps, period;
} Flow;

/* What of a stage a task does: rows, or pairs of them, for blocks of 16 outputs. */
typedef struct {
    int first, last, first_block, last_block;
} Part;

/* Two outputs of a filter share their multiplications. With d0 .. d7 the rows that both see, a dilation apart, and three
 * taps g0, g1, g2 (Winograd's F(2, 3)):
 *
 *   y0 = (d0 - d2) g0 + (d1 + d2) (g0 + g1 + g2) / 2 + (d2 - d1) (g0 - g1 + g2) / 2
 *   y1 =                (d1 + d2) (g0 + g1 + g2) / 2 - (d2 - d1) (g0 - g1 + g2) / 2 - (d1 - d3) g2
 *
 * Seven taps are twice three, and one that is multiplied as ever. The products of one kind are summed over taps and
 * channels before they are added up: 3 + 2 + 2 + 3 = PAIR_TAPS rows of weights for two rows.
 *
 * Which rows are paired hangs on their place within a period alone, so that chunks change nothing: i with i + dilation,
 * and the few that are over at its end are alone. */
enum { PAIR_TAPS = 10, UNITS_AT_ONCE = 24 };

typedef struct {
    int row, alone;
} Pair;

typedef struct {
    int whole, late, alone; /* pairs in whole stretches of two dilations, pairs in the rest, and rows left over */
} Pairing;

static inline Pairing pairing(int period, int dilation) {
    int rest = period % (2 * dilation), late = rest > dilation ? rest - dilation : 0;
    return (Pairing){period / (2 * dilation) * dilation, late, rest - 2 * late};
}

static inline int pairs_in(const Stage *s, const Flow *f) {
    Pairing p = pairing(f->period, s->dilation);
    return f->streams * (f->steps / f->period) * (p.whole + p.late + p.alone);
}

static inline Pair pair_of(const Stage *s, const Flow *f, int index) {
    Pairing p = pairing(f->period, s->dilation);
    int count = p.whole + p.late + p.alone, start = index / count * f->period, n = index % count;
    if (n < p.whole) return (Pair){start + n / s->dilation * 2 * s->dilation + n % s->dilation, 0};
    return (Pair){start + 2 * p.whole + n - p.whole, n - p.whole >= p.late};
}

/* Rows of weights that a row of outputs, or a pair of them, meets. */
static inline int stage_products(const Stage *s) { return s->kind == STAGE_PAIRED ? PAIR_TAPS : s->taps; }

/* Whether a stage's products want their rows made ready, in the scratch of the thread that does them. */
static inline int makes_ready(const Stage *s) { return s->kind == STAGE_PAIRED || s->scales; }

/* Rows made ready for the units (rows, or pairs) from `first` on: as floats, or as words with a scale for each row.
 * Shapes: [UNITS_AT_ONCE][products][inputs], scales [UNITS_AT_ONCE][products] */
typedef struct {
    int first;
    float *rows, *scales;
    int16_t *words;
} Ready;

static inline size_t scratch_floats(const Stage *s) {
    size_t products = (size_t)stage_products(s), units = UNITS_AT_ONCE * products * s->inputs;
    if (!makes_ready(s)) return 0;
    return s->scales ? units / 2 + UNITS_AT_ONCE * products + products * s->inputs : units;
}

static inline Ready ready_in(const Stage *s, float *scratch) {
    size_t products = (size_t)stage_products(s), words = UNITS_AT_ONCE * products * s->inputs / 2;
    if (!s->scales) return (Ready){0, scratch, NULL, NULL};
    return (Ready){0, scratch + words, scratch + words + products * s->inputs, (int16_t *)scratch};
}

/* A filter of a vocoder: rows of a buffer are scaled, shifted and activated, then convolved, all rows of an utterance
 * at once. Rows that lie outside are zero.
 *
 *   float32   weights [outputs * rate / 16][taps * inputs][16]
 *   bfloat16  weights [outputs * rate / 16][taps * inputs / 2][16][2], and rows are rounded to bfloat16 as they come
 *   int16     the same, with a scale for each output; the rows of a task are brought to words within FILTER_PEAK, and
 *             weights are as large as exact sums of 32 bits allow
 *
 * With a rate, a row gives `rate` rows: a transposed convolution, whose first `skip` rows of outputs are left out. With
 * `reflect`, row 0 is a copy of row 2, as a padding by reflection puts it.
 *
 * `scale` is for all channels; with `norm` >= 0 there is an instance norm in its place: the rows' own mean and
 * deviation, then the style's factors [inputs] at `norm` and its shifts [inputs] behind them.
 */
enum FilterActivation { FILTER_LINEAR = 0, FILTER_LEAKY = 1, FILTER_SNAKE = 2 };
enum Total { TOTAL_NONE = 0, TOTAL_STORE = 1, TOTAL_ADD = 2 };
enum { FILTER_STEPS = 128, FILTER_TILE = 32, FILTER_PEAK = 4095 };

typedef struct {
    int32_t kind, inputs, outputs, taps, dilation, rate, lead, skip, reflect, activation;
    int32_t in, out, residual, total, adding, norm; /* buffers, -1 for none; adding: what is done with the total */
    float scale, slope;
    const void *weights;
    const float *bias, *frequency, *amplitude, *scales; /* scales [outputs * rate], of words alone */
} Filter;

static inline int filter_reach(const Filter *f) { return (f->taps - 1) * f->dilation; }

/* What of a filter a task does: steps `first` .. `last` of the rows that come of place `part` within a rate. Sums and
 * squares of what it stores go to `sums` [2][outputs], for the norms behind. */
typedef struct {
    const Filter *filter;
    const float *in, *residual, *scale, *shift;
    float *out, *total, *sums;
    int in_rows, out_rows, first, last, part;
    void *rows;   /* [FILTER_STEPS + reach][filter_stride], of floats or bfloat16 */
    int16_t *words; /* the same rows as words */
    float *tiles; /* [FILTER_TILE][FILTER_TILE] */
} FilterTask;

/* A line more than is needed, so that rows do not all fall into the same few sets of the cache. */
static inline size_t filter_stride(const Filter *f) { return (size_t)f->inputs + (f->kind == KIND_BFLOAT16 ? 32 : 16); }

/* What a row attends to: `length` positions of a ring of `capacity`, from `start` on, whose vectors begin at `offset`.
 */
typedef struct {
    size_t offset;
    int start, length, capacity;
} Past;

/* The functions that exist once for each instruction set. */
typedef struct {
    const char *name;
    void (*product)(const Matrix *m, const Rows *x, int rows, int first_block, int last_block, float *out,
                    size_t out_stride, int mode);
    void (*quantize_row)(const float *x, int n, int8_t *q, float *scales, int32_t *sums);
    void (*rms_norm)(const float *x, const float *weight, float eps, int n, float *out);
    void (*store_kv)(void *cache, int kind, size_t offset, const float *x, int n);
    void (*attend)(const float *q, int heads, int head_dim, const void *keys, const void *values, int kind, Past past,
                   float *scores, float *out);
    void (*convolve)(const Stage *s, const Flow *f, Part part, float *scratch);
    void (*filter)(const FilterTask *t);
    void (*pack_block)(int kind, const void *w, int source_kind, int rows, int columns, int search, void *data,
                       void *scales);
} Kernels;

#endif
