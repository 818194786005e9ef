#include "db/columns.h"
#include "schema/field.h"

enum {
    TEXT = 1,
    INT = 2,
    BOOL = 4,
    UUID = 8,
    TIME = 16,
    JSON = 32,
    REAL = 64,
    DATE = 128,
    PERIOD = 256,
    FIRST_OF_THE_DATABASE = 16384
};

typedef struct type {
    Oid oid;
    const char *name;
    unsigned reads;
    Oid element; /* of an array */
} type;

/* What a column's text may be read as. Text fields take what has one good text form; "t", "42" or a time with a space
 * in a string are mistakes rather than wishes: a cast says so where they are not. */
static const type types[] = {
    {16, "boolean", BOOL, 0},
    {17, "bytea", 0, 0},
    {20, "bigint", INT, 0},
    {21, "smallint", INT, 0},
    {23, "integer", INT, 0},
    {26, "oid", INT, 0},
    {114, "json", JSON, 0},
    {1114, "timestamp", 0, 0},
    {1184, "timestamptz", TIME, 0},
    {1700, "numeric", INT | TEXT, 0},
    {2278, "void", 0, 0},
    {2950, "uuid", UUID | TEXT, 0},
    {3802, "jsonb", JSON, 0},
    {25, "text", TEXT, 0},
    {1043, "varchar", TEXT, 0},
    {1042, "character", TEXT, 0},
    {1000, "boolean[]", 0, 16},
    {1005, "smallint[]", 0, 21},
    {1007, "integer[]", 0, 23},
    {1016, "bigint[]", 0, 20},
    {1009, "text[]", 0, 25},
    {1014, "character[]", 0, 25},
    {1015, "varchar[]", 0, 25},
    {1185, "timestamptz[]", 0, 1184},
    {1231, "numeric[]", 0, 1700},
    {2951, "uuid[]", 0, 2950},
    {199, "json[]", 0, 0},
    {700, "real", REAL | TEXT, 0},
    {701, "double precision", REAL | TEXT, 0},
    {1021, "real[]", 0, 700},
    {1022, "double precision[]", 0, 701},
    {1082, "date", DATE | TEXT, 0},
    {1182, "date[]", 0, 1082},
    {1186, "interval", PERIOD | TEXT, 0},
    {3807, "jsonb[]", 0, 0},
};

static const type *find(Oid oid)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].oid == oid)
            return &types[i];
    return NULL;
}

/* Every way in which a field of the type may be read; ~0: this is not for columns to judge. */
static unsigned wants(saas_type t)
{
    if (t == SAAS_T_JSON)
        return JSON;
    if (saas_type_is_text(t) || t == SAAS_T_WORD)
        return TEXT;
    switch (t) {
    case SAAS_T_F64:
        return REAL | INT;
    case SAAS_T_DATE:
        return DATE;
    case SAAS_T_DURATION:
        return PERIOD | TEXT;
    case SAAS_T_UNION:
    case SAAS_T_MAP:
        return JSON;
    case SAAS_T_I32:
    case SAAS_T_I64:
        return INT;
    case SAAS_T_BOOL:
        return BOOL;
    case SAAS_T_UUID:
        return UUID;
    case SAAS_T_TIME:
        return TIME;
    case SAAS_T_OBJECT:
    case SAAS_T_LIST:
        return JSON;
    default:
        return ~0U;
    }
}

/* Types that are not in the table: enums and domains of the database's own, addresses, intervals. */
static unsigned reads(const type *t)
{
    return t ? t->reads : TEXT;
}

static bool fits(const saas_field *f, Oid oid)
{
    const type *t = find(oid);
    if (reads(t) & wants(f->type))
        return true;
    if (f->type != SAAS_T_LIST)
        return wants(f->type) == ~0U;
    if (t)
        return t->element && reads(find(t->element)) & wants(f->item);
    return oid >= FIRST_OF_THE_DATABASE && wants(f->item) & TEXT;
}

int saas_db_column(const PGresult *r, const char *name, int likely)
{
    int count = PQnfields(r);
    if (likely < count && !strcmp(PQfname(r, likely), name))
        return likely;
    for (int i = 0; i < count; i++)
        if (!strcmp(PQfname(r, i), name))
            return i;
    return -1;
}

bool saas_db_columns_fit(saas_db_misfit *out, const saas_schema *schema, const PGresult *r, bool every)
{
    for (size_t i = 0; i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        int at = saas_db_column(r, saas_field_column(f), (int)i);
        if (at < 0 ? !every || f->write_only : fits(f, PQftype(r, at)))
            continue;
        const type *t = at < 0 ? NULL : find(PQftype(r, at));
        *out = (saas_db_misfit){f, at < 0 ? NULL : t ? t->name : "a type of the database's own"};
        return false;
    }
    return true;
}

saas_err saas_db_columns_check(const saas_schema *schema, const PGresult *r, bool every, const char *sql, saas_log *log)
{
    saas_db_misfit bad;
    if (saas_db_columns_fit(&bad, schema, r, every))
        return SAAS_OK;
    SAAS_LOG(
        log, SAAS_LOG_ERROR, bad.type ? "a column does not read as its field" : "a result lacks a column of its table",
        {"schema", saas_v_z(schema->name)}, {"field", saas_v_z(bad.field->name)},
        {"column", saas_v_z(saas_field_column(bad.field))}, {"type", saas_v_z(bad.type)}, {"statement", saas_v_z(sql)});
    return SAAS_ERR_BUG;
}
