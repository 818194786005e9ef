#include "log/line.h"
#include "json/write.h"

/* What a text keeps for itself when an earlier one is too long: no input pushes the others out of a line. */
enum { TEXT_SHARE = 256, NUMBER_MAX = 40, TAIL = 2, ARENA_MAX = 64 * 1024 };

static const char *const level_names[] = {"", "debug", "info", "warn", "error"};

static size_t least(const saas_log_field *f)
{
    size_t name = strlen(f->name) * 6 + sizeof ",\"\":" - 1;
    if (f->value.kind != SAAS_V_TEXT)
        return name + NUMBER_MAX;
    size_t share = f->value.len < TEXT_SHARE / 6 ? f->value.len * 6 : TEXT_SHARE;
    return name + share + sizeof "\"\"" - 1;
}

static void add_uuid(saas_json *j, saas_uuid id)
{
    char text[SAAS_UUID_CHARS + 1];
    saas_uuid_format(text, id);
    saas_json_text(j, (saas_text){text, SAAS_UUID_CHARS});
}

static void add_time(saas_json *j, saas_time t)
{
    char text[SAAS_TIME_CHARS + 1];
    saas_time_format(text, t);
    saas_json_text(j, (saas_text){text, SAAS_TIME_CHARS});
}

static void add_value(saas_json *j, const saas_value *v)
{
    switch (v->kind) {
    case SAAS_V_I64:
        saas_json_i64(j, v->as.i);
        break;
    case SAAS_V_U64:
        saas_json_u64(j, v->as.u);
        break;
    case SAAS_V_F64:
        saas_json_f64(j, v->as.f);
        break;
    case SAAS_V_BOOL:
        saas_json_bool(j, v->as.i != 0);
        break;
    case SAAS_V_UUID:
        add_uuid(j, v->as.id);
        break;
    case SAAS_V_TIME:
        add_time(j, (saas_time){v->as.i});
        break;
    case SAAS_V_NULL:
    case SAAS_V_TEXT:
    case SAAS_V_BYTES:
    case SAAS_V_BAD:
    default:
        saas_json_null(j);
    }
}

/* end: where it has to stop. */
static void add_field(saas_json *j, const saas_log_field *f, size_t end)
{
    saas_json_key(j, saas_text_z(f->name));
    if (f->value.kind != SAAS_V_TEXT) {
        add_value(j, &f->value);
        return;
    }
    saas_text text = {f->value.as.p, f->value.len};
    if (!j->out->failed)
        saas_line_text(j->out, text, end - j->out->len - (sizeof "\"\"" - 1));
    j->comma = true;
}

/* later: what the fields behind it need at least. */
static void add_in_room(saas_json *j, const saas_log_field *f, size_t later)
{
    size_t start = j->out->len, left = 1 + SAAS_LINE_MAX - TAIL - start, need = least(f);
    if (need <= left)
        add_field(j, f, start + (left > later + need ? left - later : need));
}

saas_text saas_line_make(saas_line *line, saas_log_level level, const char *msg, const saas_log_field *fields,
                         size_t count)
{
    size_t later = 0;
    saas_arena_init(&line->arena, line->first, sizeof line->first, ARENA_MAX);
    saas_buf_init(&line->out, &line->arena, sizeof line->first - _Alignof(max_align_t));
    saas_json j = saas_json_on(&line->out);
    for (size_t i = 0; i < count; i++)
        later += least(&fields[i]);
    saas_buf_lit(&line->out, "\n");
    saas_json_object(&j);
    saas_json_key(&j, SAAS_LIT("time"));
    add_time(&j, saas_time_now());
    saas_json_key(&j, SAAS_LIT("level"));
    saas_json_text(&j, saas_text_z(level_names[level]));
    add_in_room(&j, &(saas_log_field){"msg", saas_v_z(msg)}, later);
    for (size_t i = 0; i < count; i++) {
        later -= least(&fields[i]);
        add_in_room(&j, &fields[i], later);
    }
    saas_json_object_end(&j);
    saas_buf_lit(&line->out, "\n");
    return line->out.failed ? (saas_text){NULL, 0} : (saas_text){line->out.ptr, line->out.len};
}

void saas_line_done(saas_line *line)
{
    saas_arena_done(&line->arena);
}
