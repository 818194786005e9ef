#include "schema/format.h"
#include <string.h>

bool saas_format_time(saas_time *out, saas_text t)
{
    enum { SHORTEST = sizeof "2026-01-31T09:30:00Z" - 1 };
    if (t.len < SHORTEST || (t.ptr[10] | ' ') != 't')
        return false;
    bool zulu = (t.ptr[t.len - 1] | ' ') == 'z';
    bool offset = t.len >= SHORTEST + 5 && t.ptr[t.len - 3] == ':' && strchr("+-", t.ptr[t.len - 6]);
    return (zulu || offset) && saas_time_parse(out, t) == SAAS_OK;
}
