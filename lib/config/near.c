#include "config/config.h"
#include "schema/ascii.h"

/* Least edits that make a of b, two neighbours changing places among them, whatever the case; more than `most` is
 * most + 1. */
static size_t distance(saas_text a, saas_text b, size_t most)
{
    uint8_t rows[3][SAAS_VARIABLE_MAX + 8];
    if (a.len > b.len + most || b.len > a.len + most || b.len >= sizeof rows[0])
        return most + 1;
    for (size_t k = 0; k <= b.len; k++)
        rows[0][k] = (uint8_t)k;
    for (size_t i = 1; i <= a.len; i++) {
        uint8_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_up = rows[(i + 1) % 3];
        row[0] = (uint8_t)i;
        for (size_t k = 1; k <= b.len; k++) {
            char x = a.ptr[i - 1], y = b.ptr[k - 1];
            bool same = x == y || (saas_is_alpha(x) && (x ^ y) == ' ');
            size_t least = above[k - 1] + (same ? 0U : 1U);
            least = above[k] + 1U < least ? above[k] + 1U : least;
            least = row[k - 1] + 1U < least ? row[k - 1] + 1U : least;
            if (i > 1 && k > 1 && x == b.ptr[k - 2] && a.ptr[i - 2] == y && two_up[k - 2] + 1U < least)
                least = two_up[k - 2] + 1U;
            row[k] = (uint8_t)least;
        }
    }
    return rows[a.len % 3][b.len];
}

/* Short names have many neighbours. */
static bool is_near(saas_text a, saas_text b)
{
    size_t most = b.len > 9 ? 2 : 1;
    return b.len > 2 && distance(a, b, most) <= most;
}

typedef struct search {
    saas_text name; /* in the file */
    bool known;
    const char *near; /* the variable it may mean */
    char best[SAAS_VARIABLE_MAX + 8];
} search;

static void compare(search *q, saas_text variable)
{
    if (saas_text_equal(q->name, variable))
        q->known = true;
    else if (!q->near && variable.len < sizeof q->best && is_near(q->name, variable))
        q->near = memcpy(q->best, variable.ptr, variable.len + 1);
}

static void search_tables(search *q, saas_tables t)
{
    for (size_t i = 0; i < t.count; i++)
        for (size_t k = 0; k < t.schemas[i]->count; k++) {
            char name[SAAS_VARIABLE_MAX], file[SAAS_VARIABLE_MAX + 8];
            const saas_field *f = saas_schema_field(t.schemas[i], k);
            saas_text variable = saas_variable(name, f);
            compare(q, variable);
            if (!f->secret || variable.len >= SAAS_VARIABLE_MAX)
                continue;
            memcpy(file, variable.ptr, variable.len);
            memcpy(file + variable.len, "_FILE", sizeof "_FILE");
            compare(q, (saas_text){file, variable.len + sizeof "_FILE" - 1});
        }
}

void saas_config_near_misses(saas_sources *s, saas_tables t)
{
    for (size_t i = 0; i < s->dotenv.count; i++) {
        search q = {.name = s->dotenv.entries[i].name};
        if (q.name.len > SAAS_VARIABLE_MAX + 8)
            continue;
        search_tables(&q, t);
        if (q.known || !q.near)
            continue;
        saas_text path = saas_arena_format(s->arena, "%s line %zu", s->dotenv_name, s->dotenv.entries[i].line);
        saas_text what = saas_arena_format(s->arena, "%s is no known variable: is %s meant?", q.name.ptr, q.near);
        if (!path.ptr || !what.ptr || saas_issues_add(s->issues, s->arena, path.ptr, what.ptr))
            s->no_memory = true;
    }
}
