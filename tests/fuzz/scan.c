/* The strict scan, the reader's tokens and the writer agree: what is taken is valid for cJSON too, what the reader
 * calls malformed is what the scan refuses, and any bytes at all come out of the writer as JSON. */
#include "fuzz.h"
#include "base/arena.h"
#include "json/chars.h"
#include "json/scan.h"
#include "json/write.h"
#include <cjson/cJSON.h>
#include <saas/schema.h>

#define NOTHING(F, T) F(T, bool, nothing)
SAAS_STRUCT(nothing, NOTHING);

static void reader_agrees(saas_arena *a, const char *json, size_t size, bool valid)
{
    void *out;
    saas_issues issues = {NULL, 0, 0};
    char *copy = saas_arena_copy(a, json, size);
    MUST(copy);
    saas_err err = saas_read_json(&out, &issues, &nothing_schema, a, copy, size);
    MUST(err == SAAS_OK || err == SAAS_ERR_VALIDATION || err == SAAS_ERR_MALFORMED_JSON);
    MUST(valid == (err != SAAS_ERR_MALFORMED_JSON));
    MUST((err == SAAS_ERR_VALIDATION) == (issues.count != 0));
}

static void writer_is_valid(saas_arena *a, const char *bytes, size_t size)
{
    saas_buf b;
    saas_buf_init(&b, a, 0);
    saas_json j = saas_json_on(&b);
    saas_json_object(&j);
    saas_json_key(&j, (saas_text){bytes, size});
    saas_json_text(&j, (saas_text){bytes, size});
    saas_json_object_end(&j);
    saas_text json = saas_buf_done(&b);
    MUST(json.ptr && saas_json_check(json) == SAAS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_arena *a = saas_arena_new(16 << 20);
    char *json = a ? saas_arena_copy(a, data, size) : NULL;
    MUST(json);
    bool valid = saas_json_check((saas_text){json, size}) == SAAS_OK;
    MUST(!memcmp(json, data, size));
    if (valid) {
        cJSON *tree = cJSON_ParseWithLength(json, size);
        MUST(tree && saas_utf8_span(json, json + size) == json + size);
        cJSON_Delete(tree);
    }
    reader_agrees(a, json, size, valid);
    writer_is_valid(a, json, size);
    saas_arena_free(a);
    return 0;
}
