#include "config/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void saas_bytes_free(char *bytes, size_t len)
{
    if (bytes)
        sodium_memzero(bytes, len);
    free(bytes);
}

static const char *open_fault(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "there is no such file";
    case EACCES:
    case EPERM:
        return "no permission to read the file";
    default:
        return "the file can't be opened";
    }
}

/* Room for one byte more than allowed, so that too much is seen. */
static saas_err read_all(char **out, size_t *len, int fd, size_t most, const char **fault)
{
    char *bytes = malloc(most + 1);
    size_t n = 0;
    ssize_t got = -1;
    if (!bytes)
        return SAAS_ERR_NO_MEMORY;
    while (n <= most && ((got = read(fd, bytes + n, most + 1 - n)) > 0 || (got < 0 && errno == EINTR)))
        n += got > 0 ? (size_t)got : 0;
    if (n > most || got < 0) {
        *fault = n > most ? "the file is too long" : "the file can't be read";
        saas_bytes_free(bytes, most + 1);
        return SAAS_ERR_CONFIG;
    }
    bytes[n] = 0;
    *out = bytes;
    *len = n;
    return SAAS_OK;
}

saas_err saas_file_read(char **out, size_t *len, const char *path, size_t most, const char **fault, bool *missing)
{
    struct stat about;
    /* Without O_NONBLOCK a pipe would wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    saas_err err = SAAS_ERR_CONFIG;
    *missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (fd < 0) {
        *fault = open_fault(errno);
        return err;
    }
    if (fstat(fd, &about) || !S_ISREG(about.st_mode))
        *fault = "not a regular file";
    else
        err = read_all(out, len, fd, most, fault);
    close(fd);
    return err;
}
