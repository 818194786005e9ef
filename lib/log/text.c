#include "json/chars.h"
#include "log/line.h"

#define ELLIPSIS "\xe2\x80\xa6"

/* What goes out next, and how much of the text it stands for. */
typedef struct piece {
    const char *bytes;
    size_t len, taken;
    bool run; /* may be cut anywhere */
    char escape[6];
} piece;

/* C1 controls (among them NEL and CSI), separators of lines and paragraphs, overrides of direction. */
static const struct {
    unsigned low, high;
} hidden[] = {{0x80, 0x9f}, {0x2028, 0x202e}, {0x2066, 0x2069}};

static unsigned code_point(const char *at, size_t n)
{
    const unsigned char *b = (const unsigned char *)at;
    unsigned cp = n == 1 ? b[0] : b[0] & (0x7fU >> n);
    for (size_t i = 1; i < n; i++)
        cp = cp << 6 | (b[i] & 0x3f);
    return cp;
}

static bool is_hidden(unsigned cp)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (cp >= hidden[i].low && cp <= hidden[i].high)
            return true;
    return false;
}

static void escape(piece *p, unsigned cp)
{
    static const char digits[] = "0123456789abcdef", named[] = "btn\0fr";
    bool has_name = cp >= '\b' && cp <= '\r' && cp != '\v';
    p->bytes = p->escape;
    p->escape[0] = '\\';
    if (has_name || cp == '"' || cp == '\\') {
        p->escape[1] = has_name ? named[cp - '\b'] : (char)cp;
        p->len = 2;
        return;
    }
    p->escape[1] = 'u';
    for (unsigned i = 0; i < 4; i++)
        p->escape[2 + i] = digits[cp >> (12 - 4 * i) & 15];
    p->len = 6;
}

static void next(piece *p, const char *at, const char *end)
{
    size_t n = (size_t)(saas_json_plain(at, end) - at);
    p->bytes = at;
    p->len = p->taken = n;
    p->run = n > 0;
    if (n)
        return;
    n = saas_utf8_sequence(at, end);
    p->len = p->taken = n;
    if (!n) {
        p->bytes = "\xef\xbf\xbd";
        p->len = 3;
        p->taken = 1;
        return;
    }
    unsigned cp = code_point(at, n);
    if (n == 1 || is_hidden(cp))
        escape(p, cp);
}

/* The last place where "…" would still fit is kept, for when the rest turns out not to. */
static void add_pieces(saas_buf *out, const char *at, const char *end, size_t room)
{
    size_t dots = sizeof ELLIPSIS - 1, start = out->len, used = 0, mark = 0;
    while (at < end && !out->failed) {
        piece p;
        next(&p, at, end);
        size_t limit = used + dots < room ? room - dots : room;
        if (p.run && p.len > limit - used)
            p.len = p.taken = limit - used;
        if (used + p.len > room || !p.taken) {
            out->len = start + mark;
            saas_buf_lit(out, ELLIPSIS);
            break;
        }
        saas_buf_add(out, p.bytes, p.len);
        at += p.taken;
        used += p.len;
        if (used + dots <= room)
            mark = used;
    }
}

void saas_line_text(saas_buf *out, saas_text text, size_t room)
{
    const char *end = text.ptr + text.len;
    saas_buf_lit(out, "\"");
    if (text.len <= room && saas_json_plain(text.ptr, end) == end)
        saas_buf_add(out, text.ptr, text.len);
    else
        add_pieces(out, text.ptr, end, room);
    saas_buf_lit(out, "\"");
}
