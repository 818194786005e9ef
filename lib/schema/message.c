#include "schema/message.h"
#include "base/buf.h"

static const saas_message english_list[] = {
    {SAAS_ISSUE_REQUIRED, "required", NULL},
    {SAAS_ISSUE_TYPE, "must not be null", "not null"},
    {SAAS_ISSUE_TYPE, "must be an integer", "integer"},
    {SAAS_ISSUE_TYPE, "must be a number", "number"},
    {SAAS_ISSUE_TYPE, "must be true or false", "boolean"},
    {SAAS_ISSUE_TYPE, "must be text", "string"},
    {SAAS_ISSUE_TYPE, "must be an object", "object"},
    {SAAS_ISSUE_TYPE, "must be a list", "array"},
    {SAAS_ISSUE_UNKNOWN_KEY, "unknown key", NULL},
    {SAAS_ISSUE_DUPLICATE_KEY, "given more than once", NULL},
    {SAAS_ISSUE_TOO_SMALL, "too small: at least {}", NULL},
    {SAAS_ISSUE_TOO_BIG, "too big: at most {}", NULL},
    {SAAS_ISSUE_FORMAT, "not an e-mail address", "email"},
    {SAAS_ISSUE_FORMAT, "only a-z, 0-9 and - inside", "slug"},
    {SAAS_ISSUE_FORMAT, "not a URL of the kind taken here", "url"},
    {SAAS_ISSUE_FORMAT, "not a host name", "hostname"},
    {SAAS_ISSUE_FORMAT, "not an IP address", "ip"},
    {SAAS_ISSUE_FORMAT, "not an IPv4 address", "ipv4"},
    {SAAS_ISSUE_FORMAT, "not an IPv6 address", "ipv6"},
    {SAAS_ISSUE_FORMAT, "not base64url", "base64url"},
    {SAAS_ISSUE_FORMAT, "not hexadecimal", "hex"},
    {SAAS_ISSUE_FORMAT, "not a telephone number in E.164 form", "e164"},
    {SAAS_ISSUE_FORMAT, "not a decimal number", "decimal"},
    {SAAS_ISSUE_FORMAT, "not a UUID", "uuid"},
    {SAAS_ISSUE_FORMAT, "not an RFC 3339 time", "time"},
    {SAAS_ISSUE_FORMAT, "not a date", "date"},
    {SAAS_ISSUE_FORMAT, "not an ISO 8601 duration of days, hours, minutes, seconds or weeks", "duration"},
    {SAAS_ISSUE_FORMAT, "not UTF-8", "utf-8"},
    {SAAS_ISSUE_FORMAT, "bad percent escape", "percent"},
    {SAAS_ISSUE_NOT_A_WORD, "must be one of: {}", NULL},
    {SAAS_ISSUE_NUL, "must not contain U+0000", NULL},
    {SAAS_ISSUE_TOO_COMPLEX, "too many values: at most {}", NULL},
    {SAAS_ISSUE_TOO_SHORT, "too short: at least 1 character", "1"},
    {SAAS_ISSUE_TOO_SHORT, "too short: at least {} characters", NULL},
    {SAAS_ISSUE_TOO_LONG, "too long: at most 1 character", "1"},
    {SAAS_ISSUE_TOO_LONG, "too long: at most {} characters", NULL},
    {SAAS_ISSUE_TOO_FEW, "too few: at least 1 item", "1"},
    {SAAS_ISSUE_TOO_FEW, "too few: at least {} items", NULL},
    {SAAS_ISSUE_TOO_MANY, "too many: at most 1 item", "1"},
    {SAAS_ISSUE_TOO_MANY, "too many: at most {} items", NULL},
    {SAAS_ISSUE_NOT_ABOVE, "too small: must be above {}", NULL},
    {SAAS_ISSUE_NOT_BELOW, "too big: must be below {}", NULL},
    {SAAS_ISSUE_NOT_MULTIPLE, "must be a multiple of {}", NULL},
    {SAAS_ISSUE_PREFIX, "must start with {}", NULL},
    {SAAS_ISSUE_SUFFIX, "must end with {}", NULL},
    {SAAS_ISSUE_PATTERN, "not of the form that is asked for", NULL},
    {SAAS_ISSUE_NOT_UNIQUE, "given more than once", NULL},
};

static const saas_messages english = SAAS_MESSAGES(english_list);

static const char *find(const saas_messages *list, saas_issue_code code, saas_text param)
{
    for (size_t i = 0; list && i < list->count; i++) {
        const saas_message *m = (const void *)((const char *)list->items + i * list->item_size);
        if (m->code == code && (!m->of || saas_text_equal(saas_text_z(m->of), param)))
            return m->text;
    }
    return NULL;
}

static saas_text fill(saas_arena *a, const char *text, saas_text param)
{
    saas_buf out;
    const char *hole;
    saas_buf_init(&out, a, strlen(text) + param.len);
    for (; (hole = strstr(text, "{}")) != NULL; text = hole + 2) {
        saas_buf_add(&out, text, (size_t)(hole - text));
        saas_buf_text(&out, param);
    }
    saas_buf_z(&out, text);
    return saas_buf_done(&out);
}

saas_text saas_message_of(saas_arena *a, saas_issue_code code, saas_text param, const saas_messages *first,
                          const saas_messages *second)
{
    const char *text = find(first, code, param);
    if (!text)
        text = find(second, code, param);
    if (!text)
        text = find(&english, code, param);
    return text && strstr(text, "{}") ? fill(a, text, param) : saas_text_z(text);
}
