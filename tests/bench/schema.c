/* A body of 200 bytes into its struct against cJSON_Parse and cJSON_Delete of the same, in turns, best round of each;
 * then a list of half a MiB and of a whole one. Fails when ours takes longer than cJSON, allocates, takes more than 12
 * MiB for the MiB, or more than linear time. */
#include <cjson/cJSON.h>
#include <saas/schema.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STATUS(W, T) W(T, open) W(T, paid)
SAAS_ENUM(status, STATUS);

#define PLACE(F, T)                                                                                                    \
    F(T, text(1, 40), street, .required = true)                                                                        \
    F(T, text(2, 2), country, .def = "DE")
SAAS_STRUCT(place, PLACE);

#define ORDER(F, T)                                                                                                    \
    F(T, uuid, id, .read_only = true)                                                                                  \
    F(T, text(1, 120), title, .required = true)                                                                        \
    F(T, email, contact_email, .required = true)                                                                       \
    F(T, i64(1, 1000), quantity, .required = true)                                                                     \
    F(T, word(status), status)                                                                                         \
    F(T, bool, is_gift)                                                                                                \
    F(T, list(text(1, 20), 0, 8), tags)                                                                                \
    F(T, object(place), ship_to)                                                                                       \
    F(T, text(0, 2000), note, .nullable = true)
SAAS_STRUCT(order, ORDER);

static const char body[] =
    "{\"title\":\"Two pallets of pavers\",\"status\":\"paid\",\"contactEmail\":\"ada@example.com\",\"quantity\":42,"
    "\"isGift\":false,\"tags\":[\"garden\",\"heavy\"],\"shipTo\":{\"street\":\"1 High St\","
    "\"country\":\"GB\"},\"note\":null}";

enum { BODY = sizeof body - 1, TURNS = 20000, ROUNDS = 40 };
_Static_assert(BODY > 190 && BODY < 205, "the size the numbers are about");

static size_t mallocs;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    mallocs++;
    return __real_malloc(size);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The copy counts as ours: the text is changed in place. */
static double ours(saas_arena *a)
{
    char copy[sizeof body];
    double start = now_ns();
    for (int i = 0; i < TURNS; i++) {
        saas_issues issues = {NULL, 0, 0, NULL};
        void *out;
        saas_arena_reset(a);
        memcpy(copy, body, sizeof body);
        if (saas_read_json(&out, &issues, &order_schema, a, copy, BODY) != SAAS_OK ||
            ((const struct order *)out)->quantity != 42)
            exit(1);
    }
    return (now_ns() - start) / TURNS;
}

static double theirs(void)
{
    double start = now_ns();
    for (int i = 0; i < TURNS; i++) {
        cJSON *tree = cJSON_Parse(body);
        if (!tree)
            exit(1);
        cJSON_Delete(tree);
    }
    return (now_ns() - start) / TURNS;
}

#define NAMES(F, T) F(T, list(text(1, 100), 0, 20000), names)
SAAS_STRUCT(names, NAMES);

/* ns of one reading of a list `bytes` long, its copy included, within 12 MiB. */
static double large(size_t bytes)
{
    enum { TURNS_LARGE = 20 };
    char *text = malloc(bytes + 100);
    saas_arena *a = saas_arena_new(12 << 20);
    size_t len = text ? (size_t)sprintf(text, "{\"names\":[\"first\"") : 0;
    double best = 1e18;
    while (text && len < bytes)
        len += (size_t)sprintf(text + len, ",\"a name of more than forty characters, and after it %06zu\"", len);
    if (!text || !a)
        exit(1);
    len += (size_t)sprintf(text + len, "]}");
    for (int i = 0; i < TURNS_LARGE; i++) {
        saas_issues issues = {NULL, 0, 0, NULL};
        void *out;
        double start = now_ns();
        saas_arena_reset(a);
        char *copy = saas_arena_copy(a, text, len);
        if (!copy || saas_read_json(&out, &issues, &names_schema, a, copy, len) != SAAS_OK)
            exit(1);
        double took = now_ns() - start;
        best = took < best ? took : best;
    }
    saas_arena_free(a);
    free(text);
    return best;
}

int main(void)
{
    saas_arena *a = saas_arena_new(0);
    double best = 1e9, best_theirs = 1e9;
    mallocs = 0;
    for (int i = 0; a && i < ROUNDS; i++) {
        double ns = ours(a), their_ns = theirs();
        best = ns < best ? ns : best;
        best_theirs = their_ns < best_theirs ? their_ns : best_theirs;
    }
    saas_arena_free(a);
    size_t small_mallocs = mallocs;
    double half = large(1 << 19), whole = large(1 << 20);
    printf("schema: list of 512 KiB %.0f us, of 1 MiB %.0f us, within 12 MiB\n", half / 1e3, whole / 1e3);
    printf("schema: %d-byte body into its struct %.0f ns, cJSON_Parse+Delete %.0f ns, ratio %.2f, %zu mallocs\n",
           (int)BODY, best, best_theirs, best / best_theirs, small_mallocs);
    return small_mallocs || best > best_theirs || whole > 3 * half;
}
