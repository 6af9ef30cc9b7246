/* Best path of a byte string through a weighted transducer.

   The transducer comes as arrays, arcs grouped by state and sorted by input byte within a state. The lattice of
   (position, state) is built depth first, what cannot reach an end is left out, and the shortest path is searched with
   a first-in first-out queue in topological order, as OpenFst does: paths of equal weight are told apart by that order. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int32_t start, states;
    const uint32_t *offsets; /* [states + 1] */
    const float *finals;     /* [states], infinity where a state is no end */
    const uint32_t *labels;  /* [arcs], input byte | output byte << 8, 0 for none */
    const uint32_t *targets; /* [arcs] */
    const float *weights;    /* [arcs] */
    const uint64_t *reach;   /* [states], by makima_reach: what can come next, a bit for bytes of one remainder by 63 */
} Transducer;

typedef struct {
    uint32_t state, position, first_edge, edges;
    float cost;
    uint32_t parent, parent_arc;
    uint8_t seen, visiting, live, queued;
} Node;

typedef struct {
    uint32_t target, arc;
} Edge;

typedef struct {
    uint32_t node, next;
} Frame;

enum { NONE = 0xffffffffu };
#define END_BIT (1ull << 63)
enum { NO_PATH = -1, TOO_LARGE = -2, NO_MEMORY = -3 };

typedef struct {
    Node *nodes;
    uint32_t node_count, node_room;
    Edge *edges;
    uint32_t edge_count, edge_room;
    uint32_t *table; /* open addressing: node index by (position, state) */
    uint32_t mask;
    uint32_t limit;
} Lattice;

static uint32_t hash(uint32_t position, uint32_t state) {
    uint64_t key = ((uint64_t)position << 32 | state) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(key >> 32);
}

static int grow_table(Lattice *lattice) {
    uint32_t size = lattice->mask ? (lattice->mask + 1) * 2 : 1u << 12;
    uint32_t *table = malloc(size * sizeof *table);
    if (!table) return NO_MEMORY;
    memset(table, 0xff, size * sizeof *table);
    for (uint32_t i = 0; i < lattice->node_count; i++) {
        uint32_t slot = hash(lattice->nodes[i].position, lattice->nodes[i].state) & (size - 1);
        while (table[slot] != NONE) slot = (slot + 1) & (size - 1);
        table[slot] = i;
    }
    free(lattice->table);
    lattice->table = table;
    lattice->mask = size - 1;
    return 0;
}

/* The index of a node, made if it is not there yet; negative on failure. */
static int64_t node_of(Lattice *lattice, uint32_t position, uint32_t state) {
    if (lattice->node_count * 2 >= lattice->mask && grow_table(lattice)) return NO_MEMORY;
    uint32_t slot = hash(position, state) & lattice->mask;
    while (lattice->table[slot] != NONE) {
        const Node *node = &lattice->nodes[lattice->table[slot]];
        if (node->position == position && node->state == state) return lattice->table[slot];
        slot = (slot + 1) & lattice->mask;
    }
    if (lattice->node_count >= lattice->limit) return TOO_LARGE;
    if (lattice->node_count == lattice->node_room) {
        uint32_t room = lattice->node_room ? lattice->node_room * 2 : 1u << 11;
        Node *nodes = realloc(lattice->nodes, room * sizeof *nodes);
        if (!nodes) return NO_MEMORY;
        lattice->nodes = nodes;
        lattice->node_room = room;
    }
    Node *node = &lattice->nodes[lattice->node_count];
    memset(node, 0, sizeof *node);
    node->state = state;
    node->position = position;
    node->cost = INFINITY;
    node->parent = NONE;
    lattice->table[slot] = lattice->node_count;
    return lattice->node_count++;
}

static uint64_t bit_of(uint32_t byte) { return 1ull << byte % 63; }

/* Only towards states that the next byte leads on from: most of a grammar's ways end there. */
static int add_edges(Lattice *lattice, const Transducer *fst, uint32_t from, uint32_t label, uint32_t position,
                     uint64_t next) {
    uint32_t state = lattice->nodes[from].state;
    uint32_t low = fst->offsets[state], end = fst->offsets[state + 1], high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if ((fst->labels[middle] & 255) < label) low = middle + 1;
        else high = middle;
    }
    for (; low < end && (fst->labels[low] & 255) == label; low++) {
        if (!(fst->reach[fst->targets[low]] & next)) continue;
        int64_t target = node_of(lattice, position, fst->targets[low]);
        if (target < 0) return (int)target;
        if (lattice->edge_count == lattice->edge_room) {
            uint32_t room = lattice->edge_room ? lattice->edge_room * 2 : 1u << 12;
            Edge *edges = realloc(lattice->edges, room * sizeof *edges);
            if (!edges) return NO_MEMORY;
            lattice->edges = edges;
            lattice->edge_room = room;
        }
        lattice->edges[lattice->edge_count++] = (Edge){(uint32_t)target, low};
        lattice->nodes[from].edges++;
    }
    return 0;
}

static int expand(Lattice *lattice, const Transducer *fst, const uint8_t *text, uint32_t length, uint32_t index) {
    uint32_t position = lattice->nodes[index].position;
    uint64_t next = position < length ? bit_of(text[position]) : END_BIT;
    lattice->nodes[index].first_edge = lattice->edge_count;
    int status = add_edges(lattice, fst, index, 0, position, next);
    if (status || position == length) return status;
    next = position + 1 < length ? bit_of(text[position + 1]) : END_BIT;
    return add_edges(lattice, fst, index, text[position], position + 1, next);
}

static int leads_on(const Lattice *lattice, const Node *node) {
    for (uint32_t i = 0; i < node->edges; i++)
        if (lattice->nodes[lattice->edges[node->first_edge + i].target].live) return 1;
    return 0;
}

static int is_end(const Transducer *fst, const Node *node, uint32_t length) {
    return node->position == length && isfinite(fst->finals[node->state]);
}

/* Builds the lattice; the order in which its nodes were finished. */
static int build(Lattice *lattice, const Transducer *fst, const uint8_t *text, uint32_t length, uint32_t **finished,
                 uint32_t *count) {
    uint32_t stack_room = 1u << 10, depth = 0, order_room = 1u << 11, ordered = 0;
    Frame *stack = malloc(stack_room * sizeof *stack);
    uint32_t *order = malloc(order_room * sizeof *order);
    int status = stack && order ? 0 : NO_MEMORY, cyclic = 0;
    int64_t root = status ? status : node_of(lattice, 0, (uint32_t)fst->start);
    if (root < 0) status = (int)root;
    else {
        lattice->nodes[root].seen = lattice->nodes[root].visiting = 1;
        status = expand(lattice, fst, text, length, (uint32_t)root);
        stack[depth++] = (Frame){(uint32_t)root, 0};
    }
    while (!status && depth) {
        Frame *top = &stack[depth - 1];
        Node *node = &lattice->nodes[top->node];
        if (top->next == node->edges) {
            if (ordered == order_room) {
                uint32_t *wider = realloc(order, (order_room *= 2) * sizeof *order);
                if (!wider) { status = NO_MEMORY; break; }
                order = wider;
            }
            order[ordered++] = top->node;
            node->live = (uint8_t)(is_end(fst, node, length) || leads_on(lattice, node));
            node->visiting = 0;
            depth--;
            continue;
        }
        uint32_t target = lattice->edges[node->first_edge + top->next++].target;
        Node *next = &lattice->nodes[target];
        cyclic |= next->visiting;
        if (next->seen) continue;
        next->seen = next->visiting = 1;
        status = expand(lattice, fst, text, length, target);
        if (depth == stack_room) {
            Frame *wider = realloc(stack, (stack_room *= 2) * sizeof *stack);
            if (!wider) { status = NO_MEMORY; break; }
            stack = wider;
        }
        stack[depth++] = (Frame){target, 0};
    }
    /* An edge back hides ends that are only reached once its loop is finished. */
    for (int changed = cyclic; changed && !status;) {
        changed = 0;
        for (uint32_t i = 0; i < ordered; i++) {
            Node *node = &lattice->nodes[order[i]];
            if (!node->live && leads_on(lattice, node)) node->live = 1, changed = 1;
        }
    }
    free(stack);
    *finished = order;
    *count = ordered;
    return status;
}

/* The end of the best path, its nodes linked by `parent`; NONE where there is none. */
static uint32_t search(Lattice *lattice, const Transducer *fst, uint32_t length, const uint32_t *order, uint32_t count,
                       int *status) {
    uint32_t room = count + 1, head = 0, tail = 0, best = NONE;
    float best_cost = INFINITY;
    uint32_t *queue = malloc(room * sizeof *queue);
    if (!queue) { *status = NO_MEMORY; return NONE; }
    for (uint32_t i = count; i-- > 0;)
        if (lattice->nodes[order[i]].live) {
            queue[tail++] = order[i];
            lattice->nodes[order[i]].queued = 1;
        }
    lattice->nodes[order[count - 1]].cost = 0.0f;
    while (head != tail) {
        uint32_t index = queue[head];
        head = head + 1 == room ? 0 : head + 1;
        Node *node = &lattice->nodes[index];
        node->queued = 0;
        if (!isfinite(node->cost)) continue;
        if (is_end(fst, node, length) && node->cost + fst->finals[node->state] < best_cost) {
            best_cost = node->cost + fst->finals[node->state];
            best = index;
        }
        for (uint32_t i = 0; i < node->edges; i++) {
            Edge edge = lattice->edges[node->first_edge + i];
            Node *target = &lattice->nodes[edge.target];
            float cost = node->cost + fst->weights[edge.arc];
            if (!target->live || !(cost < target->cost)) continue;
            target->cost = cost;
            target->parent = index;
            target->parent_arc = edge.arc;
            if (!target->queued) {
                target->queued = 1;
                queue[tail] = edge.target;
                tail = tail + 1 == room ? 0 : tail + 1;
            }
        }
    }
    free(queue);
    return best;
}

static int write_path(const Lattice *lattice, const Transducer *fst, uint32_t end, uint8_t *out, int room) {
    int size = 0;
    for (uint32_t index = end; lattice->nodes[index].parent != NONE; index = lattice->nodes[index].parent)
        size += fst->labels[lattice->nodes[index].parent_arc] >> 8 != 0;
    if (size > room) return TOO_LARGE;
    int at = size;
    for (uint32_t index = end; lattice->nodes[index].parent != NONE; index = lattice->nodes[index].parent) {
        uint32_t byte = fst->labels[lattice->nodes[index].parent_arc] >> 8;
        if (byte) out[--at] = (uint8_t)byte;
    }
    return size;
}

/* Works out `reach` of every state: 0, or NO_MEMORY. */
int makima_reach(const Transducer *fst, uint64_t *reach) {
    uint32_t states = (uint32_t)fst->states, free_arcs = 0, waiting = states;
    uint32_t *first = calloc((size_t)states + 2, sizeof *first), *queue = malloc((size_t)states * sizeof *queue);
    uint8_t *queued = malloc(states);
    for (uint32_t i = 0; i < fst->offsets[states]; i++) free_arcs += (fst->labels[i] & 255) == 0;
    uint32_t *sources = malloc(((size_t)free_arcs + 1) * sizeof *sources);
    int status = first && queue && queued && sources ? 0 : NO_MEMORY;
    for (uint32_t state = 0; !status && state < states; state++) {
        reach[state] = isfinite(fst->finals[state]) ? END_BIT : 0;
        for (uint32_t i = fst->offsets[state]; i < fst->offsets[state + 1]; i++)
            if (fst->labels[i] & 255) reach[state] |= bit_of(fst->labels[i] & 255);
            else first[fst->targets[i] + 2]++;
        queue[state] = state;
        queued[state] = 1;
    }
    /* The states from which each is reached without input, one after the other. */
    for (uint32_t state = 0; !status && state < states; state++) first[state + 2] += first[state + 1];
    for (uint32_t state = 0; !status && state < states; state++)
        for (uint32_t i = fst->offsets[state]; i < fst->offsets[state + 1]; i++)
            if (!(fst->labels[i] & 255)) sources[first[fst->targets[i] + 1]++] = state;
    for (uint32_t head = 0; !status && waiting; waiting--) {
        uint32_t state = queue[head];
        head = head + 1 == states ? 0 : head + 1;
        queued[state] = 0;
        for (uint32_t i = first[state]; i < first[state + 1]; i++) {
            uint32_t source = sources[i];
            if ((reach[source] | reach[state]) == reach[source]) continue;
            reach[source] |= reach[state];
            if (queued[source]) continue;
            queued[source] = 1;
            queue[(head + waiting - 1) % states] = source;
            waiting++;
        }
    }
    free(first);
    free(queue);
    free(queued);
    free(sources);
    return status;
}

/* Writes what `text` becomes to `out` of `room` bytes: its size, or what went wrong, below zero. `limit`: how many
   nodes the lattice may have; `nodes`: how many it had. */
int makima_rewrite(const Transducer *fst, const uint8_t *text, int length, uint32_t limit, uint8_t *out, int room,
                   uint32_t *nodes) {
    Lattice lattice = {.limit = limit};
    uint32_t *order = NULL, count = 0;
    int result = build(&lattice, fst, text, (uint32_t)length, &order, &count);
    if (!result && (!count || !lattice.nodes[order[count - 1]].live)) result = NO_PATH;
    if (!result) {
        uint32_t end = search(&lattice, fst, (uint32_t)length, order, count, &result);
        if (!result) result = end == NONE ? NO_PATH : write_path(&lattice, fst, end, out, room);
    }
    *nodes = lattice.node_count;
    free(order);
    free(lattice.nodes);
    free(lattice.edges);
    free(lattice.table);
    return result;
}
