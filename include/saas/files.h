/* saas/files.h: a folder of files for browsers (a web client), served from memory.
 *
 *   static const saas_files files[] = {{.prefix = "/", .fallback = "index.html", .immutable = "assets/"}};
 *   SAAS_APP(.name = "orders", SAAS_ROUTES(routes), SAAS_FILES(files))         with WEB_ROOT=/srv/web in the environment
 *
 * The folder is read once, when the app starts; a change of it wants a restart. A request is looked up among the names
 * found then and never reaches the file system, so no path leads out of the folder. Names with a dot in front, symbolic
 * links and what is no file are passed over. Routes win over files of the same path.
 *
 * GET and HEAD, with the type that the name's ending says (`nosniff`), a strong ETag, If-None-Match and `Cache-Control:
 * no-cache`: a browser keeps a file and asks whether it still holds. "index.html" is its folder's path with a slash at the
 * end too. Nobody signs in for them, and they don't count under the limit of open routes. Since 0.1. */
#ifndef SAAS_FILES_H
#define SAAS_FILES_H

#include <saas/group.h>

SAAS_BEGIN_DECLS

typedef struct saas_files {
    const char *prefix;    /* "/" or "/app" */
    const char *folder;    /* NULL: the setting WEB_ROOT; is that not there, this line is passed over */
    const char *fallback;  /* "index.html": also for paths that are none and have no dot in their last name, when a page is
                              asked for (Accept: text/html), as clients that route themselves want it. NULL: 404 */
    const char *immutable; /* "assets/": what lies there and has a hash in its name (app-3f2a91bc.js: eight or more letters
                              and digits behind the last '-' or '.') never changes: browsers keep it for a year, unasked */
    const char *policy;    /* Content-Security-Policy of pages; NULL: own scripts, styles, … only, in nobody's frame; "": none */
    const saas_group *group; /* that they stand in, within the app's */
    size_t bytes_max;      /* of all files together; more is a start-up error; 0: 64 MiB */
    char end_;
} saas_files;

#define SAAS_FILES(table) .files = (table), .file_count = sizeof(table) / sizeof *(table), .file_size = sizeof *(table)

SAAS_END_DECLS
#endif
