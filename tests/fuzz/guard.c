/* What passes the guard is one request with one reading: its parts lie inside the bytes, its names are tokens, its
 * lines end in CRLF, and it has one host and at most one length. */
#include "h2o/guard.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static saas_h2o_head head;
    const char *bytes = (const char *)data;
    if (saas_h2o_guard(&head, bytes, size))
        return 0;
    require(head.size <= size && head.size <= SAAS_H2O_HEAD_MAX);
    require(head.size >= 4 && !memcmp(bytes + head.size - 4, "\r\n\r\n", 4));
    require(head.target.ptr[0] == '/' && head.method.len <= SAAS_H2O_METHOD_MAX);
    unsigned lengths = 0, hosts = 0;
    for (size_t i = 0; i < head.header_count; i++) {
        saas_text name = head.headers[i].name, value = head.headers[i].value;
        require(name.len && name.ptr > bytes && value.ptr + value.len <= bytes + head.size);
        require(!memchr(value.ptr, '\n', value.len) && !memchr(value.ptr, '\r', value.len));
        lengths += saas_text_equal_ci(name, SAAS_LIT("content-length"));
        hosts += saas_text_equal_ci(name, SAAS_LIT("host"));
        require(!saas_text_equal_ci(name, SAAS_LIT("transfer-encoding")));
    }
    require(hosts <= 1 && lengths == head.has_length);
    for (size_t i = 0; i < head.size; i++)
        require(bytes[i] != '\n' || (i && bytes[i - 1] == '\r'));
    return 0;
}
