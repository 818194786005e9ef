/* http/files.h: files for browsers, read into memory at start. A path is looked up among the names that were found
 * then: nothing a client sends ever reaches the file system. */
#ifndef SAAS_HTTP_FILES_H
#define SAAS_HTTP_FILES_H

#include <saas/ctx.h>
#include <saas/files.h>

typedef struct saas_file {
    saas_text path; /* as a client names it, decoded: "/app/assets/a b.js"; that of an index ends in '/' */
    saas_text body, type, tag;
    bool page;
    bool immutable;
} saas_file;

typedef struct saas_folder {
    saas_text prefix;       /* ends in '/' */
    const saas_file *files; /* by path */
    size_t count, bytes;
    size_t passed_over;        /* links, dot files, what is no file */
    const saas_file *fallback; /* NULL: none */
    saas_text policy;          /* Content-Security-Policy of pages; len 0: none */
} saas_folder;

/* Reads a folder (given->folder). ERR_CONFIG, ERR_BUG (the table): e says what. ERR_NO_MEMORY: also past the arena's
 * limit. */
SAAS_MUST_CHECK saas_err saas_folder_read(saas_folder *out, saas_arena *a, const saas_files *given, saas_error *e);

/* The file that a path, as sent, names; NULL: none. */
const saas_file *saas_folder_find(const saas_folder *f, saas_text path);
bool saas_folder_covers(const saas_folder *f, saas_text path);
/* Whether a path that is none is one of a client that routes itself: no name with a dot at its end. */
bool saas_folder_falls_back(const saas_folder *f, saas_text path);

/* What a file's name says it is: "text/html; charset=utf-8". */
saas_text saas_media_type(saas_text name);

/* The handler of all folders. */
saas_err saas_files_serve(saas_ctx *c);
/* Whoever asks for a page by a path that is none gets the folder's fallback; ERR_NOT_FOUND: there is none, or it is no
 * page that is asked for. */
SAAS_MUST_CHECK saas_err saas_files_fall_back(saas_ctx *c);

#endif
