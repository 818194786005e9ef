/* A .env file: what is taken has names that are names and values that read back from how they are written. */
#include "base/arena.h"
#include "config/dotenv.h"
#include "fuzz.h"
#include "json/chars.h"

static size_t lines_told;

static void wrong(size_t line, const char *what, void *user)
{
    size_t *last = user;
    MUST(line > *last && what && *what);
    *last = line;
    lines_told++;
}

static void name_holds(saas_text name)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    MUST(name.len && strlen(name.ptr) == name.len && strspn(name.ptr, chars) == name.len);
    MUST(*name.ptr < '0' || *name.ptr > '9');
}

static void reads_back(saas_arena *a, saas_text name, saas_text value)
{
    saas_buf b;
    saas_dotenv again;
    size_t last = 0;
    MUST(strlen(value.ptr) == value.len && saas_utf8_span(value.ptr, value.ptr + value.len) == value.ptr + value.len);
    saas_buf_init(&b, a, 0);
    saas_buf_text(&b, name);
    saas_buf_lit(&b, "=");
    saas_dotenv_quote(&b, value);
    saas_text line = saas_buf_done(&b);
    MUST(line.ptr);
    MUST(saas_dotenv_parse(&again, (char *)(uintptr_t)line.ptr, line.len, wrong, &last) == SAAS_OK);
    MUST(again.count == 1 && !last && saas_text_equal(again.entries[0].value, value));
    free(again.entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    saas_dotenv d;
    size_t last = 0;
    saas_arena *a = saas_arena_new(16 << 20);
    char *bytes = a ? malloc(size + 1) : NULL;
    MUST(bytes);
    if (size)
        memcpy(bytes, data, size);
    lines_told = 0;
    MUST(saas_dotenv_parse(&d, bytes, size, wrong, &last) == SAAS_OK);
    for (size_t i = 0; i < d.count; i++) {
        MUST(!i || d.entries[i].line > d.entries[i - 1].line);
        name_holds(d.entries[i].name);
        reads_back(a, d.entries[i].name, d.entries[i].value);
        for (size_t k = 0; k < i && i < 64; k++)
            MUST(!saas_text_equal(d.entries[i].name, d.entries[k].name));
    }
    MUST(size || (!d.count && !lines_told));
    free(d.entries);
    free(bytes);
    saas_arena_free(a);
    return 0;
}
