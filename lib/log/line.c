#include "log/line.h"
#include "json/write.h"

/* What a text keeps for itself when an earlier one is too long: no input pushes the others out of a line. */
enum { TEXT_SHARE = 256, VALUE_MAX = 40, ESCAPE_MAX = 6, TAIL = 2, ARENA_MAX = 64 * 1024 };

static const char *const level_names[] = {"", "debug", "info", "warn", "error"};

/* The most that a field takes when its text is cut to text_max bytes. */
static size_t most(const saas_log_field *f, size_t text_max)
{
    size_t name = strlen(f->name) * ESCAPE_MAX + sizeof ",\"\":" - 1, len = f->value.len;
    if (f->value.kind != SAAS_V_TEXT)
        return name + VALUE_MAX;
    return name + (len < text_max / ESCAPE_MAX ? len * ESCAPE_MAX : text_max) + sizeof "\"\"" - 1;
}

static size_t most_of_all(const saas_log_field *fields, size_t count, size_t text_max)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += most(&fields[i], text_max);
    return sum;
}

static void add_uuid(saas_buf *out, saas_uuid id)
{
    char text[SAAS_UUID_CHARS + 1];
    saas_uuid_format(text, id);
    saas_buf_lit(out, "\"");
    saas_buf_add(out, text, SAAS_UUID_CHARS);
    saas_buf_lit(out, "\"");
}

static void add_time(saas_buf *out, saas_time t)
{
    char text[SAAS_TIME_CHARS + 1];
    saas_time_format(text, t);
    saas_buf_lit(out, "\"");
    saas_buf_add(out, text, SAAS_TIME_CHARS);
    saas_buf_lit(out, "\"");
}

static void add_date(saas_json *j, saas_date date)
{
    char text[SAAS_DATE_CHARS + 1];
    saas_date_format(text, date);
    saas_json_text(j, saas_text_z(text));
}

static void add_duration(saas_json *j, saas_duration d)
{
    char text[SAAS_DURATION_CHARS + 1];
    saas_duration_format(text, d);
    saas_json_text(j, saas_text_z(text));
}

static void add_value(saas_buf *out, const saas_value *v)
{
    saas_json j = saas_json_on(out);
    switch (v->kind) {
    case SAAS_V_I64:
        saas_json_i64(&j, v->as.i);
        break;
    case SAAS_V_U64:
        saas_json_u64(&j, v->as.u);
        break;
    case SAAS_V_F64:
        saas_json_f64(&j, v->as.f);
        break;
    case SAAS_V_BOOL:
        saas_json_bool(&j, v->as.i != 0);
        break;
    case SAAS_V_UUID:
        add_uuid(out, v->as.id);
        break;
    case SAAS_V_TIME:
        add_time(out, (saas_time){v->as.i});
        break;
    case SAAS_V_DATE:
        add_date(&j, (saas_date){(int32_t)v->as.i});
        break;
    case SAAS_V_DURATION:
        add_duration(&j, (saas_duration){v->as.i});
        break;
    case SAAS_V_NULL:
    case SAAS_V_TEXT:
    case SAAS_V_BYTES:
    case SAAS_V_TEXTS:
    case SAAS_V_I64S:
    case SAAS_V_UUIDS:
    case SAAS_V_F64S:
    case SAAS_V_BOOLS:
    case SAAS_V_BAD:
    default:
        saas_json_null(&j);
    }
}

/* end: where a text has to stop, its quote included. */
static void add_field(saas_buf *out, const saas_log_field *f, size_t end)
{
    size_t name_len = strlen(f->name);
    saas_buf_lit(out, ",");
    saas_line_text(out, (saas_text){f->name, name_len}, name_len * ESCAPE_MAX);
    saas_buf_lit(out, ":");
    if (f->value.kind != SAAS_V_TEXT)
        add_value(out, &f->value);
    else if (!out->failed)
        saas_line_text(out, (saas_text){f->value.as.p, f->value.len}, end - out->len - (sizeof "\"\"" - 1));
}

/* later: what the fields behind it need at least. */
static void add_in_room(saas_buf *out, const saas_log_field *f, size_t later)
{
    size_t left = 1 + SAAS_LINE_MAX - TAIL - out->len, need = most(f, TEXT_SHARE);
    if (need <= left)
        add_field(out, f, out->len + (left > later + need ? left - later : need));
}

static void add_fields(saas_buf *out, const saas_log_field *msg, const saas_log_field *fields, size_t count)
{
    size_t text_max = SAAS_LINE_MAX * ESCAPE_MAX, end = 1 + SAAS_LINE_MAX - TAIL;
    if (out->len + most(msg, text_max) + most_of_all(fields, count, text_max) <= end) {
        add_field(out, msg, end);
        for (size_t i = 0; i < count; i++)
            add_field(out, &fields[i], end);
        return;
    }
    size_t later = most_of_all(fields, count, TEXT_SHARE);
    add_in_room(out, msg, later);
    for (size_t i = 0; i < count; i++) {
        later -= most(&fields[i], TEXT_SHARE);
        add_in_room(out, &fields[i], later);
    }
}

saas_text saas_line_make(saas_line *line, saas_log_level level, const char *msg, const saas_log_field *fields,
                         size_t count)
{
    saas_buf *out = &line->out;
    saas_arena_init(&line->arena, line->first, sizeof line->first, ARENA_MAX);
    saas_buf_init(out, &line->arena, sizeof line->first - _Alignof(max_align_t));
    saas_buf_lit(out, "\n{\"time\":");
    add_time(out, saas_time_now());
    saas_buf_lit(out, ",\"level\":\"");
    saas_buf_z(out, level_names[level]);
    saas_buf_lit(out, "\"");
    add_fields(out, &(saas_log_field){"msg", saas_v_z(msg)}, fields, count);
    saas_buf_lit(out, "}\n");
    return out->failed ? (saas_text){NULL, 0} : (saas_text){out->ptr, out->len};
}

void saas_line_done(saas_line *line)
{
    saas_arena_done(&line->arena);
}
