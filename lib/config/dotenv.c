#include "config/dotenv.h"
#include "json/chars.h"
#include "schema/ascii.h"
#include <stdlib.h>

typedef struct parser {
    saas_dotenv out;
    size_t line;
    void (*wrong)(size_t line, const char *what, void *user);
    void *user;
} parser;

static bool name_char(char ch)
{
    return saas_is_alnum(ch) || ch == '_';
}

/* What a bare value may hold: nothing that some reader takes for more than itself. */
static bool bare_char(char ch)
{
    return (unsigned char)ch > ' ' && ch != 0x7f && !saas_is_in(ch, "'\"\\$`#");
}

/* ---- values: each moves *at behind the value, and gives NULL or what is wrong ---- */

static const char *read_bare(char **at, saas_text *value)
{
    char *start = *at;
    while (bare_char(**at))
        ++*at;
    *value = (saas_text){start, (size_t)(*at - start)};
    return **at && !saas_is_in(**at, " \t") ? "this value needs quotes" : NULL;
}

static const char *read_single(char **at, saas_text *value)
{
    char *start = ++*at, *close = strchr(start, '\'');
    if (!close)
        return "a quote is not closed";
    *value = (saas_text){start, (size_t)(close - start)};
    *at = close + 1;
    return NULL;
}

static const char escapes[] = "nrt\\\"$`", meant[] = "\n\r\t\\\"$`";

static const char *read_double(char **at, saas_text *value)
{
    char *start = ++*at, *to = start;
    for (; **at != '"'; ++*at) {
        if (!**at)
            return "a quote is not closed";
        if (saas_is_in(**at, "$`"))
            return "$ and ` between double quotes need a backslash";
        if (**at == '\\') {
            ++*at;
            if (!saas_is_in(**at, escapes))
                return "behind a backslash only n, r, t, \\, \", $ and `";
            *to++ = meant[strchr(escapes, **at) - escapes];
        } else {
            *to++ = **at;
        }
    }
    ++*at;
    *value = (saas_text){start, (size_t)(to - start)};
    return NULL;
}

static const char *read_value(char *at, saas_text *value)
{
    const char *fault = *at == '\''  ? read_single(&at, value)
                        : *at == '"' ? read_double(&at, value)
                                     : read_bare(&at, value);
    if (fault)
        return fault;
    char *rest = at + strspn(at, " \t");
    if (*rest && (*rest != '#' || rest == at))
        return at == rest ? "something behind the value" : "a space in it needs quotes";
    return NULL;
}

/* ---- lines ---- */

static bool known(const parser *p, saas_text name)
{
    for (size_t i = 0; i < p->out.count; i++)
        if (saas_text_equal(p->out.entries[i].name, name))
            return true;
    return false;
}

static const char *read_line(parser *p, char *line)
{
    saas_text name = {line, 0}, value;
    while (name_char(line[name.len]))
        name.len++;
    if (!name.len || saas_is_digit(*line) || line[name.len] != '=')
        return saas_text_equal(name, SAAS_LIT("export")) ? "write NAME=value without export" : "not NAME=value";
    const char *fault = read_value(line + name.len + 1, &value);
    if (fault)
        return fault;
    if (known(p, name))
        return "this name was there before";
    line[name.len] = 0;
    ((char *)(uintptr_t)value.ptr)[value.len] = 0;
    p->out.entries[p->out.count++] = (saas_dotenv_entry){name, value, p->line};
    return NULL;
}

static bool printable(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
            return false;
    return saas_utf8_span(line, line + len) == line + len;
}

static void take_line(parser *p, char *line, size_t len)
{
    const char *fault = NULL;
    if (len && line[len - 1] == '\r')
        len--;
    line[len] = 0;
    p->line++;
    if (!printable(line, len))
        fault = "a control character, or no UTF-8";
    else if (line[strspn(line, " \t")] && line[strspn(line, " \t")] != '#')
        fault = read_line(p, line);
    if (fault)
        p->wrong(p->line, fault, p->user);
}

static size_t count_lines(const char *bytes, size_t len)
{
    size_t lines = 1;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    return lines;
}

saas_err saas_dotenv_parse(saas_dotenv *out, char *bytes, size_t len,
                           void (*wrong)(size_t line, const char *what, void *user), void *user)
{
    parser p = {.wrong = wrong, .user = user};
    p.out.entries = calloc(count_lines(bytes, len), sizeof *p.out.entries);
    if (!p.out.entries)
        return SAAS_ERR_NO_MEMORY;
    for (char *at = bytes, *end = bytes + len; at < end;) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        take_line(&p, at, (size_t)(stop - at));
        at = stop + 1;
    }
    *out = p.out;
    return SAAS_OK;
}

void saas_dotenv_quote(saas_buf *b, saas_text value)
{
    size_t plain = 0;
    while (plain < value.len && bare_char(value.ptr[plain]))
        plain++;
    if (plain == value.len) {
        saas_buf_text(b, value);
        return;
    }
    saas_buf_lit(b, "\"");
    for (size_t i = 0; i < value.len; i++) {
        const char *special = value.ptr[i] ? strchr(meant, value.ptr[i]) : NULL;
        if (special)
            saas_buf_format(b, "\\%c", escapes[special - meant]);
        else
            saas_buf_add(b, &value.ptr[i], 1);
    }
    saas_buf_lit(b, "\"");
}
