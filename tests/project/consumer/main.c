/* A program out of tree: exit 0 when the library that it found is the one of its headers and works. */
#include <saas.h>
#include <stdio.h>
#include <string.h>

#define NOTE(F, T) F(T, text(1, 120), title, .required = true)
SAAS_STRUCT(note, NOTE);

int main(void)
{
    char json[] = "{\"title\":\"out of tree\"}";
    saas_arena *arena = saas_arena_new(0);
    saas_issues issues = {0};
    void *note = NULL;
    bool ok = !saas_read_json(&note, &issues, &note_schema, arena, json, sizeof json - 1) &&
              !strcmp(((const struct note *)note)->title.ptr, "out of tree");
    saas_arena_free(arena);
    puts(ok ? "works" : "does not work");
    return !ok;
}
