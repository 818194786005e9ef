#include "base/error.h"
#include "http/etag.h"
#include "http/files.h"
#include "http/reply.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 16, FILES_MAX = 10000, BYTES_MAX_DEFAULT = 64 << 20, PATH_LEN_MAX = 1024, HASH_MIN = 8 };

static const char policy_default[] = "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
                                     "frame-ancestors 'none'";

typedef struct walk {
    saas_folder *out;
    saas_file *files;
    size_t cap, bytes_max;
    saas_arena *arena;
    const saas_files *given;
    saas_error *e;
} walk;

static saas_err wrong(const walk *w, const char *path, const char *what)
{
    return saas_error_add(w->e, SAAS_ERR_CONFIG, "files of %s: %s%s: %s", w->given->prefix, w->given->folder, path,
                          what);
}

/* ---- one file ---- */

/* Behind the last '-' or '.' of the name without its ending stand eight or more letters and digits, some of each. */
static bool is_hashed(saas_text name)
{
    const char *dot = memrchr(name.ptr, '.', name.len);
    size_t letters = 0, digits = 0;
    for (const char *at = dot; at && at-- > name.ptr && *at != '-' && *at != '.' && *at != '/';) {
        digits += *at >= '0' && *at <= '9';
        letters += (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
    }
    return digits && letters && digits + letters >= HASH_MIN;
}

static bool is_immutable(const walk *w, saas_text within)
{
    const saas_text folder = saas_text_z(w->given->immutable);
    return folder.len && within.len > folder.len && !memcmp(within.ptr, folder.ptr, folder.len) && is_hashed(within);
}

static saas_err read_bytes(saas_text *out, walk *w, int fd, size_t size, const char *path)
{
    if (size > w->bytes_max - w->out->bytes)
        return wrong(w, path, "with it there are more bytes than .bytes_max; files are kept in memory");
    char *bytes = saas_arena_alloc(w->arena, size + 1);
    if (!bytes)
        return SAAS_ERR_NO_MEMORY;
    size_t len = 0;
    while (len < size) {
        const ssize_t n = read(fd, bytes + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return wrong(w, path, strerrordesc_np(errno));
        if (!n)
            break;
        len += (size_t)n;
    }
    w->out->bytes += len;
    *out = (saas_text){bytes, len};
    return SAAS_OK;
}

static saas_err add_file(walk *w, const char *within, saas_file file)
{
    if (w->out->count == w->cap)
        return wrong(w, within, "more than 10,000 files");
    const saas_text path = saas_arena_format(w->arena, "%s%s", w->out->prefix.ptr, within);
    if (!path.ptr)
        return SAAS_ERR_NO_MEMORY;
    file.path = path;
    w->files[w->out->count++] = file;
    return SAAS_OK;
}

/* "docs/index.html" is "docs/" too. */
static saas_err add_index(walk *w, char *within, saas_file file)
{
    static const char index[] = "index.html";
    char *name = strrchr(within, '/');
    name = name ? name + 1 : within;
    if (strcmp(name, index) != 0)
        return SAAS_OK;
    *name = 0;
    const saas_err e = add_file(w, within, file);
    *name = *index;
    return e;
}

static saas_err read_file(walk *w, int fd, size_t size, char *within)
{
    const saas_text name = saas_text_z(within);
    saas_file file = {.type = saas_media_type(name), .immutable = is_immutable(w, name)};
    char *tag = saas_arena_alloc(w->arena, SAAS_ETAG_CHARS + 1);
    if (!tag)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(read_bytes(&file.body, w, fd, size, within));
    saas_etag_of(tag, file.body);
    file.tag = (saas_text){tag, SAAS_ETAG_CHARS};
    file.page = !strncmp(file.type.ptr, "text/html", 9);
    SAAS_TRY(add_file(w, within, file));
    return add_index(w, within, file);
}

/* ---- folders ---- */

static saas_err read_folder(walk *w, int fd, char *within, size_t len, unsigned depth);

/* Links are not followed, whatever they lead to; a pipe is not waited for. */
static saas_err read_entry(walk *w, int parent, char *within, size_t at, size_t len, unsigned depth)
{
    struct stat st;
    const int fd = openat(parent, within + at, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENXIO)) {
        w->out->passed_over++;
        return SAAS_OK;
    }
    if (fd < 0 || fstat(fd, &st)) {
        const saas_err e = wrong(w, within, strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return e;
    }
    if (S_ISDIR(st.st_mode))
        return read_folder(w, fd, within, len, depth + 1);
    saas_err e = SAAS_OK;
    if (S_ISREG(st.st_mode))
        e = read_file(w, fd, (size_t)st.st_size, within);
    else
        w->out->passed_over++;
    close(fd);
    return e;
}

static saas_err read_name(walk *w, int fd, char *within, size_t len, const char *name, unsigned depth)
{
    const size_t more = strlen(name), slash = len > 0;
    if (*name == '.') {
        w->out->passed_over += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        return SAAS_OK;
    }
    if (len + slash + more >= PATH_LEN_MAX)
        return wrong(w, within, "a path longer than 1,023 bytes");
    if (slash)
        within[len] = '/';
    memcpy(within + len + slash, name, more + 1);
    const saas_err e = read_entry(w, fd, within, len + slash, len + slash + more, depth);
    within[len] = 0;
    return e;
}

/* Closes fd. */
static saas_err read_folder(walk *w, int fd, char *within, size_t len, unsigned depth)
{
    DIR *folder = depth > DEPTH_MAX ? NULL : fdopendir(fd);
    saas_err e = SAAS_OK;
    if (!folder) {
        e = wrong(w, within, depth > DEPTH_MAX ? "more than 16 folders deep" : strerrordesc_np(errno));
        close(fd);
        return e;
    }
    for (const struct dirent *entry; !e && (entry = readdir(folder));)
        e = read_name(w, dirfd(folder), within, len, entry->d_name, depth);
    closedir(folder);
    return e;
}

/* ---- all of it ---- */

static int by_path(const void *a, const void *b)
{
    const saas_text *x = &((const saas_file *)a)->path, *y = &((const saas_file *)b)->path;
    const int c = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return c ? c : (x->len > y->len) - (x->len < y->len);
}

static saas_err find_fallback(walk *w)
{
    saas_folder *f = w->out;
    if (!w->given->fallback)
        return SAAS_OK;
    const saas_text path = saas_arena_format(w->arena, "%s%s", f->prefix.ptr, w->given->fallback);
    if (!path.ptr)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < f->count && !f->fallback; i++)
        if (saas_text_equal(f->files[i].path, path))
            f->fallback = &f->files[i];
    return f->fallback ? SAAS_OK : wrong(w, w->given->fallback, "the fallback is not there");
}

static saas_err walk_all(walk *w)
{
    char within[PATH_LEN_MAX] = "";
    const int fd = open(w->given->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wrong(w, "", strerrordesc_np(errno));
    SAAS_TRY(read_folder(w, fd, within, 0, 0));
    qsort(w->files, w->out->count, sizeof *w->files, by_path);
    return find_fallback(w);
}

static bool is_prefix(const char *z)
{
    return z && *z == '/' && !strstr(z, "//") && !strpbrk(z, "?#%*: ");
}

saas_err saas_folder_read(saas_folder *out, saas_arena *a, const saas_files *given, saas_error *e)
{
    saas_folder f = {.policy = given->policy ? saas_text_z(given->policy) : SAAS_LIT("")};
    if (!given->policy)
        f.policy = (saas_text){policy_default, sizeof policy_default - 1};
    if (!is_prefix(given->prefix) || !saas_header_fits(SAAS_LIT("x"), f.policy))
        return saas_error_add(e, SAAS_ERR_BUG, "options.files: a prefix is a path, and a policy the value of a header");
    const bool slash = given->prefix[strlen(given->prefix) - 1] == '/';
    f.prefix = saas_arena_format(a, "%s%s", given->prefix, slash ? "" : "/");
    walk w = {.out = &f,
              .files = saas_arena_calloc(a, FILES_MAX, sizeof(saas_file)),
              .cap = FILES_MAX,
              .bytes_max = given->bytes_max ? given->bytes_max : BYTES_MAX_DEFAULT,
              .arena = a,
              .given = given,
              .e = e};
    if (!f.prefix.ptr || !w.files)
        return SAAS_ERR_NO_MEMORY;
    f.files = w.files;
    SAAS_TRY(walk_all(&w));
    *out = f;
    return SAAS_OK;
}
