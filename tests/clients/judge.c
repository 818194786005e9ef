/* What the library says of values, for a test that compares it with another validator's word.
 *
 * Each line of input is {"schema": description, "partial": bool, "values": ["JSON text", ...]}, each line of output an
 * array with, for each value, the sorted and distinct paths of its issues: [] is taken, null is no JSON,
 * "capped" is more issues than are kept. A description
 * is {"fields": [{"name", "kind", and rules by their C names}]}: schemas are tables, so they can be made as well as
 * written. */
#include <cjson/cJSON.h>
#include <saas/schema.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static saas_arena *memory; /* of one line */

static void *get(size_t count, size_t size)
{
    void *p = saas_arena_calloc(memory, count ? count : 1, size);
    if (!p)
        exit(3);
    return p;
}

static const struct {
    const char *name;
    saas_type type;
    size_t size, align;
} kinds[] = {
    {"text", SAAS_T_TEXT, 16, 8},
    {"literal", SAAS_T_LITERAL, 16, 8},
    {"word", SAAS_T_WORD, 4, 4},
    {"email", SAAS_T_EMAIL, 16, 8},
    {"slug", SAAS_T_SLUG, 16, 8},
    {"url", SAAS_T_URL, 16, 8},
    {"hostname", SAAS_T_HOSTNAME, 16, 8},
    {"ip", SAAS_T_IP, 16, 8},
    {"ipv4", SAAS_T_IPV4, 16, 8},
    {"ipv6", SAAS_T_IPV6, 16, 8},
    {"hex", SAAS_T_HEX, 16, 8},
    {"base64url", SAAS_T_BASE64URL, 16, 8},
    {"e164", SAAS_T_E164, 16, 8},
    {"decimal", SAAS_T_DECIMAL, 16, 8},
    {"i32", SAAS_T_I32, 4, 4},
    {"i64", SAAS_T_I64, 8, 8},
    {"f64", SAAS_T_F64, 8, 8},
    {"bool", SAAS_T_BOOL, 1, 1},
    {"uuid", SAAS_T_UUID, 16, 1},
    {"time", SAAS_T_TIME, 8, 8},
    {"date", SAAS_T_DATE, 4, 4},
    {"duration", SAAS_T_DURATION, 8, 8},
    {"json", SAAS_T_JSON, 16, 8},
    {"object", SAAS_T_OBJECT, 0, 8},
    {"union", SAAS_T_UNION, 0, 8},
    {"list", SAAS_T_LIST, 16, 8},
    {"map", SAAS_T_MAP, 16, 8},
};

static size_t round_up(size_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

static const char *string_of(const cJSON *d, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(d, key));
}

static bool flag_of(const cJSON *d, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(d, key));
}

static double number_of(const cJSON *d, const char *key)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(d, key);
    return n ? cJSON_GetNumberValue(n) : 0;
}

static const char **strings_of(const cJSON *list, size_t first)
{
    size_t n = first;
    const cJSON *item;
    const char **out = get(first + (size_t)cJSON_GetArraySize(list) + 1, sizeof *out);
    cJSON_ArrayForEach(item, list) out[n++] = cJSON_GetStringValue(item);
    return out;
}

static const saas_schema *schema_of(const cJSON *d);

static const saas_enum *words_of(const cJSON *list)
{
    saas_enum *e = get(1, sizeof *e);
    const char **words = strings_of(list, 1);
    words[0] = "";
    *e = (saas_enum){"words", words, (size_t)cJSON_GetArraySize(list) + 1};
    return e;
}

static const saas_union *variants_of(const cJSON *d)
{
    const cJSON *list = cJSON_GetObjectItem(d, "variants"), *item;
    size_t count = (size_t)cJSON_GetArraySize(list), n = 0, largest = 0;
    saas_union *u = get(1, sizeof *u);
    saas_variant *variants = get(count, sizeof *variants);
    cJSON_ArrayForEach(item, list)
    {
        const saas_schema *of = schema_of(item);
        largest = of->struct_size > largest ? of->struct_size : largest;
        variants[n++] = (saas_variant){string_of(item, "word"), of};
    }
    *u = (saas_union){"union", string_of(d, "tag"), 8 + largest, 8, variants, count, sizeof *variants};
    return u;
}

static size_t kind_index(const cJSON *d)
{
    const char *name = string_of(d, "kind");
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return i;
    fprintf(stderr, "no such kind: %s\n", name ? name : "(none)");
    exit(2);
}

static size_t size_of(const saas_field *f, saas_type type, size_t size)
{
    return type == SAAS_T_OBJECT ? f->of->struct_size : type == SAAS_T_UNION ? f->variants->size : size;
}

/* What a value's description says, whether it is a field's or an element's. */
static void describe(saas_field *f, const cJSON *d, saas_type type)
{
    const cJSON *lo = cJSON_GetObjectItem(d, "lo");
    f->bounded = lo != NULL;
    if (type == SAAS_T_F64 && lo) {
        f->f_lo = number_of(d, "lo");
        f->f_hi = number_of(d, "hi");
    } else if (lo) {
        f->lo = (int64_t)number_of(d, "lo");
        f->hi = (int64_t)number_of(d, "hi");
    }
    f->exclusive_min = flag_of(d, "exclusive_min");
    f->exclusive_max = flag_of(d, "exclusive_max");
    f->multiple_of = number_of(d, "multiple_of");
    f->trim = flag_of(d, "trim");
    f->lower = flag_of(d, "lower");
    f->upper = flag_of(d, "upper");
    f->prefix = string_of(d, "prefix");
    f->suffix = string_of(d, "suffix");
    f->pattern = string_of(d, "pattern");
    f->literal = string_of(d, "literal");
    f->schemes = string_of(d, "schemes");
    if (cJSON_GetObjectItem(d, "one_of"))
        f->one_of = strings_of(cJSON_GetObjectItem(d, "one_of"), 0);
    if (type == SAAS_T_WORD)
        f->words = words_of(cJSON_GetObjectItem(d, "words"));
    if (type == SAAS_T_OBJECT)
        f->of = schema_of(d);
    if (type == SAAS_T_UNION)
        f->variants = variants_of(d);
}

static void describe_items(saas_field *f, const cJSON *d)
{
    const cJSON *item = cJSON_GetObjectItem(d, "item");
    size_t kind = kind_index(item);
    f->item = kinds[kind].type;
    f->items_lo = (uint32_t)number_of(d, "items_lo");
    f->items_hi = (uint32_t)number_of(d, "items_hi");
    f->unique = flag_of(d, "unique");
    describe(f, item, f->item);
    size_t size = size_of(f, f->item, kinds[kind].size);
    f->item_size = f->type == SAAS_T_MAP ? round_up(sizeof(saas_text) + size, 8) : size;
}

static void field_of(saas_field *f, const cJSON *d, size_t *offset)
{
    size_t kind = kind_index(d);
    f->type = kinds[kind].type;
    f->name = f->json = string_of(d, "name");
    f->required = flag_of(d, "required");
    f->nullable = flag_of(d, "nullable");
    f->read_only = flag_of(d, "read_only");
    f->def = string_of(d, "def");
    if (f->type == SAAS_T_LIST || f->type == SAAS_T_MAP)
        describe_items(f, d);
    else
        describe(f, d, f->type);
    f->offset = round_up(*offset, kinds[kind].align);
    *offset = f->offset + size_of(f, f->type, kinds[kind].size);
}

static const saas_schema *schema_of(const cJSON *d)
{
    const cJSON *list = cJSON_GetObjectItem(d, "fields"), *item;
    size_t count = (size_t)cJSON_GetArraySize(list), n = 0, offset = 0;
    saas_field *fields = get(count, sizeof *fields);
    saas_schema *s = get(1, sizeof *s);
    cJSON_ArrayForEach(item, list) field_of(&fields[n++], item, &offset);
    for (n = 0; n < count; n++)
        fields[n].has_offset = offset + n;
    *s = (saas_schema){.name = "s", .struct_size = round_up(offset + count, 8), .field_size = sizeof *fields};
    s->fields = fields;
    s->count = count;
    return s;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cJSON *paths_of(const saas_issues *issues)
{
    const char *paths[SAAS_ISSUES_MAX];
    cJSON *out = cJSON_CreateArray();
    for (size_t i = 0; i < issues->count; i++)
        paths[i] = issues->items[i].path.ptr;
    qsort(paths, issues->count, sizeof *paths, by_text);
    for (size_t i = 0; i < issues->count; i++)
        if (!i || strcmp(paths[i], paths[i - 1]) != 0)
            cJSON_AddItemToArray(out, cJSON_CreateString(paths[i]));
    return out;
}

static cJSON *judge(const saas_schema *s, bool partial, const char *text)
{
    void *out;
    saas_issues issues = {NULL, 0, 0, NULL};
    size_t len = strlen(text);
    char *copy = saas_arena_copy(memory, text, len);
    if (!copy)
        exit(3);
    saas_err err = (partial ? saas_read_json_partial : saas_read_json)(&out, &issues, s, memory, copy, len);
    if (err != SAAS_OK && err != SAAS_ERR_VALIDATION)
        return cJSON_CreateNull();
    if (issues.dropped)
        return cJSON_CreateString("capped");
    return paths_of(&issues);
}

static void answer(const char *line)
{
    saas_error e;
    cJSON *question = cJSON_Parse(line), *answers = cJSON_CreateArray();
    const cJSON *value;
    const saas_schema *s = schema_of(cJSON_GetObjectItem(question, "schema"));
    if (saas_schema_check(s, &e) != SAAS_OK) {
        fprintf(stderr, "%s\n%s", e.text, line);
        exit(2);
    }
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(question, "values"))
        cJSON_AddItemToArray(answers, judge(s, flag_of(question, "partial"), cJSON_GetStringValue(value)));
    char *text = cJSON_PrintUnformatted(answers);
    puts(text);
    fflush(stdout);
    cJSON_free(text);
    cJSON_Delete(answers);
    cJSON_Delete(question);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    memory = saas_arena_new(64 << 20);
    while (memory && getline(&line, &room, stdin) > 0) {
        answer(line);
        saas_arena_reset(memory);
    }
    free(line);
    saas_arena_free(memory);
    return 0;
}
