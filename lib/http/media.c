#include "http/files.h"
#include <string.h>

typedef struct kind {
    const char *ending;
    saas_text type;
} kind;

#define TYPE(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }
#define UTF8 "; charset=utf-8"

/* IANA's registry, and what browsers insist on for scripts and modules. */
static const kind kinds[] = {
    {"html", TYPE("text/html" UTF8)},
    {"htm", TYPE("text/html" UTF8)},
    {"js", TYPE("text/javascript" UTF8)},
    {"mjs", TYPE("text/javascript" UTF8)},
    {"css", TYPE("text/css" UTF8)},
    {"json", TYPE("application/json")},
    {"map", TYPE("application/json")},
    {"webmanifest", TYPE("application/manifest+json")},
    {"wasm", TYPE("application/wasm")},
    {"svg", TYPE("image/svg+xml")},
    {"png", TYPE("image/png")},
    {"jpg", TYPE("image/jpeg")},
    {"jpeg", TYPE("image/jpeg")},
    {"gif", TYPE("image/gif")},
    {"webp", TYPE("image/webp")},
    {"avif", TYPE("image/avif")},
    {"ico", TYPE("image/vnd.microsoft.icon")},
    {"woff2", TYPE("font/woff2")},
    {"woff", TYPE("font/woff")},
    {"ttf", TYPE("font/ttf")},
    {"otf", TYPE("font/otf")},
    {"txt", TYPE("text/plain" UTF8)},
    {"md", TYPE("text/markdown" UTF8)},
    {"csv", TYPE("text/csv" UTF8)},
    {"xml", TYPE("application/xml")},
    {"pdf", TYPE("application/pdf")},
    {"mp3", TYPE("audio/mpeg")},
    {"ogg", TYPE("audio/ogg")},
    {"mp4", TYPE("video/mp4")},
    {"webm", TYPE("video/webm")},
};

saas_text saas_media_type(saas_text name)
{
    const char *dot = memrchr(name.ptr, '.', name.len);
    const saas_text ending = dot ? (saas_text){dot + 1, (size_t)(name.ptr + name.len - dot - 1)} : (saas_text){NULL, 0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (saas_text_equal_ci(ending, saas_text_z(kinds[i].ending)))
            return kinds[i].type;
    return SAAS_LIT("application/octet-stream");
}
