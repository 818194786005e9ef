#include "config/config.h"
#include "schema/field.h"
#include <inttypes.h>

static void add_words(saas_buf *b, const saas_enum *e)
{
    for (size_t i = 1; i < e->count; i++)
        saas_buf_format(b, "%s%s", i > 1 ? ", " : "one of ", e->words[i]);
}

static void add_kind(saas_buf *b, const saas_field *f)
{
    static const char *const names[SAAS_TYPES] = {
        [SAAS_T_EMAIL] = "e-mail address",
        [SAAS_T_SLUG] = "a-z, 0-9 and - inside",
        [SAAS_T_URL] = "URL",
        [SAAS_T_UUID] = "UUID",
        [SAAS_T_TIME] = "RFC 3339 time",
        [SAAS_T_DATE] = "date as 2026-01-31",
        [SAAS_T_DURATION] = "ISO 8601 duration as PT15M",
        [SAAS_T_HOSTNAME] = "host name",
        [SAAS_T_IP] = "IP address",
        [SAAS_T_IPV4] = "IPv4 address",
        [SAAS_T_IPV6] = "IPv6 address",
        [SAAS_T_BASE64URL] = "base64url",
        [SAAS_T_HEX] = "hexadecimal digits",
        [SAAS_T_E164] = "telephone number as +4930123456",
    };
    const char *name = names[f->type];
    if (f->type == SAAS_T_WORD)
        add_words(b, f->words);
    else if (f->type == SAAS_T_LITERAL)
        saas_buf_format(b, "just %s", f->literal);
    else if (f->type == SAAS_T_DECIMAL)
        saas_buf_format(b, "decimal number of at most %" PRId64 " digits, %" PRId64 " behind the point", f->hi, f->lo);
    else
        saas_buf_z(b, name ? name : saas_type_what(f->type));
}

static void add_bounds(saas_buf *b, const saas_field *f)
{
    const char *unit = saas_type_is_text(f->type) ? " characters" : "";
    if (f->type == SAAS_T_URL && f->schemes)
        saas_buf_format(b, " (%s)", f->schemes);
    if (f->bounded && f->type != SAAS_T_DECIMAL && f->lo > INT64_MIN && f->hi < INT64_MAX)
        saas_buf_format(b, ", %" PRId64 " to %" PRId64 "%s", f->lo, f->hi, unit);
    if (f->type == SAAS_T_F64 && f->f_lo < f->f_hi)
        saas_buf_format(b, ", %g to %g", f->f_lo, f->f_hi);
    if (f->prefix)
        saas_buf_format(b, ", starts with %s", f->prefix);
    if (f->suffix)
        saas_buf_format(b, ", ends with %s", f->suffix);
    if (f->pattern)
        saas_buf_format(b, ", like %s", f->pattern);
}

/* "# text, 32 to 4000 characters; required; secret: or JWT_ACCESS_SECRET_FILE names a file with it" */
static void add_comment(saas_buf *b, saas_text name, const saas_field *f)
{
    saas_buf_lit(b, "# ");
    if (f->doc)
        saas_buf_format(b, "%s: ", f->doc);
    add_kind(b, f);
    add_bounds(b, f);
    if (f->def && *f->def)
        saas_buf_format(b, "; default %s", f->secret ? "is secret" : f->def);
    else
        saas_buf_z(b, f->required ? "; required" : "; optional");
    saas_buf_lit(b, "\n");
    if (f->secret)
        saas_buf_format(b, "# Secret; or %s_FILE names a file that has it.%s\n", name.ptr,
                        f->key ? " To make one: openssl rand -base64 32" : "");
}

/* What must be given has no '#' before it. */
static void add_field(saas_buf *b, const saas_field *f)
{
    char derived[SAAS_VARIABLE_MAX];
    saas_text name = saas_variable(derived, f);
    add_comment(b, name, f);
    saas_buf_format(b, "%s%s=", f->required && !f->def ? "" : "#", name.ptr);
    if (f->def && !f->secret)
        saas_dotenv_quote(b, saas_text_z(f->def));
    saas_buf_lit(b, "\n\n");
}

static bool had(const saas_schema *const *schemas, size_t before, saas_text name)
{
    char other[SAAS_VARIABLE_MAX];
    for (size_t i = 0; i < before; i++)
        for (size_t k = 0; k < schemas[i]->count; k++)
            if (saas_text_equal(saas_variable(other, saas_schema_field(schemas[i], k)), name))
                return true;
    return false;
}

saas_err saas_config_example(saas_text *out, saas_arena *a, const saas_schema *const *schemas, size_t count)
{
    saas_buf b;
    saas_buf_init(&b, a, 4096);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < schemas[i]->count; k++) {
            char name[SAAS_VARIABLE_MAX];
            const saas_field *f = saas_schema_field(schemas[i], k);
            if (!had(schemas, i, saas_variable(name, f)))
                add_field(&b, f);
        }
    if (b.len && !b.failed)
        b.len--; /* the blank line behind the last one */
    saas_text text = saas_buf_done(&b);
    if (!text.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = text;
    return SAAS_OK;
}
