#include "json/write.h"
#include "json/chars.h"

/* Room for n bytes of a value, behind its comma. */
static char *begin(saas_json *j, size_t n)
{
    char *to = saas_buf_reserve(j->out, n + 1);
    if (to && j->comma) {
        *to++ = ',';
        j->out->len++;
    }
    return to;
}

static void put(saas_json *j, const char *bytes, size_t n, bool comma_after)
{
    char *to = begin(j, n);
    if (to && n) {
        memcpy(to, bytes, n);
        j->out->len += n;
    }
    j->comma = comma_after;
}

static void put_end(saas_json *j, char bracket)
{
    saas_buf_add(j->out, &bracket, 1);
    j->comma = true;
}

void saas_json_object(saas_json *j)
{
    put(j, "{", 1, false);
}

void saas_json_object_end(saas_json *j)
{
    put_end(j, '}');
}

void saas_json_array(saas_json *j)
{
    put(j, "[", 1, false);
}

void saas_json_array_end(saas_json *j)
{
    put_end(j, ']');
}

static void add_escape(saas_buf *b, unsigned char ch)
{
    static const char digits[] = "0123456789abcdef", named[] = "btn\0fr";
    char hex[] = {'\\', 'u', '0', '0', digits[ch >> 4], digits[ch & 15]};
    if (ch >= 0x80)
        saas_buf_lit(b, "\xef\xbf\xbd");
    else if (ch >= ' ')
        saas_buf_add(b, (const char[]){'\\', (char)ch}, 2);
    else if (ch >= '\b' && ch <= '\r' && ch != '\v')
        saas_buf_add(b, (const char[]){'\\', named[ch - '\b']}, 2);
    else
        saas_buf_add(b, hex, sizeof hex);
}

/* The longest run from `at` that goes out as it is: plain ASCII and well-formed UTF-8. */
static const char *as_is(const char *at, const char *end)
{
    for (;;) {
        at = saas_json_plain(at, end);
        size_t n = at < end && (unsigned char)*at >= 0x80 ? saas_utf8_sequence(at, end) : 0;
        if (!n)
            return at;
        at += n;
    }
}

/* From `at`, which does not go out as it is, to the end. */
static void add_rest(saas_buf *b, const char *at, const char *end)
{
    while (at < end) {
        add_escape(b, (unsigned char)*at++);
        const char *stop = as_is(at, end);
        saas_buf_add(b, at, (size_t)(stop - at));
        at = stop;
    }
}

static void string(saas_json *j, saas_text value, bool key)
{
    char *to = begin(j, value.len + 3);
    if (!to)
        return;
    const char *end = value.ptr + value.len, *stop = as_is(value.ptr, end);
    size_t plain = (size_t)(stop - value.ptr);
    *to++ = '"';
    if (plain)
        memcpy(to, value.ptr, plain);
    j->out->len += 1 + plain;
    add_rest(j->out, stop, end);
    if (key)
        saas_buf_lit(j->out, "\":");
    else
        saas_buf_lit(j->out, "\"");
    j->comma = !key;
}

void saas_json_key(saas_json *j, saas_text name)
{
    string(j, name, true);
}

void saas_json_quoted_key(saas_json *j, saas_text name)
{
    put(j, name.ptr, name.len, false);
}

void saas_json_text(saas_json *j, saas_text value)
{
    if (value.ptr)
        string(j, value, false);
    else
        saas_json_null(j);
}

void saas_json_i64(saas_json *j, int64_t value)
{
    begin(j, 0);
    saas_buf_i64(j->out, value);
    j->comma = true;
}

void saas_json_u64(saas_json *j, uint64_t value)
{
    begin(j, 0);
    saas_buf_u64(j->out, value);
    j->comma = true;
}

void saas_json_bool(saas_json *j, bool value)
{
    if (value)
        put(j, "true", 4, true);
    else
        put(j, "false", 5, true);
}

void saas_json_null(saas_json *j)
{
    put(j, "null", 4, true);
}

void saas_json_raw(saas_json *j, saas_text json)
{
    put(j, json.ptr, json.len, true);
}
