#include "json/scan.h"
#include "json/token.h"

static bool skip_member(saas_json_in *in)
{
    return saas_json_peek(in) == '"' && saas_json_string_skip(in) && saas_json_take(in, ':') && saas_json_skip(in);
}

/* Calls itself through its members: SAAS_JSON_NESTING_MAX bounds that. */
static bool skip_container(saas_json_in *in, char close, bool (*member)(saas_json_in *in))
{
    in->at++;
    if (!saas_json_enter(in))
        return false;
    if (!saas_json_take(in, close)) {
        do {
            in->nodes++;
            if (!member(in))
                return false;
        } while (saas_json_take(in, ','));
        if (!saas_json_take(in, close))
            return false;
    }
    saas_json_leave(in);
    return true;
}

bool saas_json_skip(saas_json_in *in)
{
    saas_json_number ignored;
    switch (saas_json_peek(in)) {
    case '{':
        return skip_container(in, '}', skip_member);
    case '[':
        return skip_container(in, ']', saas_json_skip);
    case '"':
        return saas_json_string_skip(in);
    case 't':
        return saas_json_literal(in, SAAS_LIT("true"));
    case 'f':
        return saas_json_literal(in, SAAS_LIT("false"));
    case 'n':
        return saas_json_literal(in, SAAS_LIT("null"));
    default:
        return saas_json_number_token(in, &ignored);
    }
}

saas_err saas_json_check(saas_text json)
{
    saas_json_in in = {.at = json.ptr, .end = json.ptr + json.len};
    bool valid = saas_json_skip(&in) && !saas_json_peek(&in) && in.at == in.end;
    return valid ? SAAS_OK : SAAS_ERR_MALFORMED_JSON;
}
