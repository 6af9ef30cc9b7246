/* Drawing a code from logits: temperature, top-k, top-p, then one uniform number through the cumulative sum, which runs
 * from the likeliest down; of equal logits the lower index comes first. The PyTorch sampler does the same.
 */
#ifndef MAKIMA_SAMPLE_H
#define MAKIMA_SAMPLE_H

#include <math.h>
#include <stdlib.h>

typedef struct {
    float temperature; /* 0: greedy */
    int32_t top_k;     /* 0: all */
    float top_p;       /* 1: all */
    int32_t reserved;
} Sampling;

typedef struct {
    float logit;
    int32_t index;
    double weight;
} Candidate;

static int argmax(const float *logits, int n) {
    int best = 0;
    for (int i = 1; i < n; i++)
        if (logits[i] > logits[best]) best = i;
    return best;
}

static void sift_down(float *heap, int n, int i) {
    for (;;) {
        int child = 2 * i + 1;
        if (child >= n) return;
        if (child + 1 < n && heap[child + 1] < heap[child]) child++;
        if (heap[i] <= heap[child]) return;
        float swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
        i = child;
    }
}

/* The k-th largest, by a heap of the k largest so far: most logits cost one comparison. */
static float kth_largest(const float *logits, int n, int k, float *heap) {
    for (int i = 0; i < k; i++) heap[i] = logits[i];
    for (int i = k / 2 - 1; i >= 0; i--) sift_down(heap, k, i);
    for (int i = k; i < n; i++)
        if (logits[i] > heap[0]) {
            heap[0] = logits[i];
            sift_down(heap, k, 0);
        }
    return heap[0];
}

static int likelier_first(const void *a, const void *b) {
    const Candidate *x = a, *y = b;
    if (x->logit != y->logit) return x->logit > y->logit ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* `kept` has room for n candidates. */
static int sample(const float *logits, int n, const Sampling *how, float uniform, Candidate *kept) {
    if (how->temperature <= 0.0f) return argmax(logits, n);
    int limit = how->top_k > 0 && how->top_k < n ? how->top_k : n, count = 0;
    float floor = limit < n ? kth_largest(logits, n, limit, (float *)kept) : -INFINITY;
    for (int i = 0; i < n; i++)
        if (logits[i] >= floor) kept[count++] = (Candidate){logits[i], i, 0.0};
    if (!count) return argmax(logits, n); /* nothing but NaN */
    qsort(kept, (size_t)count, sizeof *kept, likelier_first);
    if (count > limit) count = limit; /* ties at the last place */
    double sum = 0.0, mass = 0.0, total = 0.0;
    for (int i = 0; i < count; i++)
        sum += kept[i].weight = exp(((double)kept[i].logit - kept[0].logit) / how->temperature);
    for (int i = 0; i < count; i++) {
        if (how->top_p < 1.0f && i > 0 && mass >= how->top_p * sum) {
            count = i;
            break;
        }
        mass += kept[i].weight;
    }
    total = mass;
    mass = 0.0;
    for (int i = 0; i < count; i++) {
        mass += kept[i].weight;
        if (mass > (double)uniform * total) return kept[i].index;
    }
    return kept[count - 1].index;
}

#endif
