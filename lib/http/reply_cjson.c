#include "http/ctx.h"
#include "http/reply.h"
#include "json/scan.h"
#include <cjson/cJSON.h>
#include <math.h>
#include <saas/schema.h>

static const double exact_max = 9007199254740992.0; /* 2^53 */

static saas_err write_number(saas_json *j, double x)
{
    if (!isfinite(x) || fabs(x) > exact_max)
        return SAAS_ERR_BUG;
    if (x == floor(x))
        saas_json_i64(j, (int64_t)x);
    else
        saas_json_f64(j, x);
    return SAAS_OK;
}

static saas_err write_raw(saas_json *j, const char *json)
{
    saas_text text = saas_text_z(json);
    if (!json || saas_json_check(text))
        return SAAS_ERR_BUG;
    saas_json_raw(j, text);
    return SAAS_OK;
}

static saas_err write_tree(saas_json *j, const cJSON *tree, int depth);

static saas_err write_items(saas_json *j, const cJSON *tree, int depth)
{
    for (const cJSON *at = tree->child; at; at = at->next) {
        if (cJSON_IsObject(tree)) {
            if (!at->string)
                return SAAS_ERR_BUG;
            saas_json_key(j, saas_text_z(at->string));
        }
        SAAS_TRY(write_tree(j, at, depth + 1));
    }
    return SAAS_OK;
}

static saas_err write_tree(saas_json *j, const cJSON *tree, int depth)
{
    if (depth > SAAS_JSON_DEPTH_MAX)
        return SAAS_ERR_BUG;
    switch (tree->type & 0xff) {
    case cJSON_False:
    case cJSON_True:
        saas_json_bool(j, cJSON_IsTrue(tree));
        return SAAS_OK;
    case cJSON_NULL:
        saas_json_null(j);
        return SAAS_OK;
    case cJSON_Number:
        return write_number(j, tree->valuedouble);
    case cJSON_String:
        saas_json_text(j, saas_text_z(tree->valuestring));
        return SAAS_OK;
    case cJSON_Raw:
        return write_raw(j, tree->valuestring);
    case cJSON_Array:
        saas_json_array(j);
        SAAS_TRY(write_items(j, tree, depth));
        saas_json_array_end(j);
        return SAAS_OK;
    case cJSON_Object:
        saas_json_object(j);
        SAAS_TRY(write_items(j, tree, depth));
        saas_json_object_end(j);
        return SAAS_OK;
    default:
        return SAAS_ERR_BUG;
    }
}

saas_err saas_reply_cjson(saas_ctx *c, int status, const saas_cjson *tree)
{
    saas_json j;
    SAAS_TRY(saas_reply_begin(&j, c, status));
    if (!tree || write_tree(&j, tree, 1))
        return saas_ctx_bug(c, "saas_reply_cjson: a number beyond 2^53, a tree too deep, or no value");
    return saas_reply_end(c, &j, NULL);
}
